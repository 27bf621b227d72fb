"""Buckets: however many there are, in whatever order and by however many at once, the rows are the same."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text

from jobmatch_dagster.bench.matching import MODEL, fill
from jobmatch_dagster.core.buckets import Bucket, all_buckets
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import MATCHING, lock, lock_share
from jobmatch_dagster.db.matching.buckets import cut_matches, read_buckets, users_by_bucket
from jobmatch_dagster.db.profiles.users import active_user_keys
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users
from jobmatch_dagster.pipeline.matching.report import MatchReport
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.operations.buckets import ensure_buckets

USERS, POSTINGS = 40, 48
KEYS = [str(n) for n in range(USERS)]
SETTINGS = MatchSettings(MODEL, Weights(), keep_best=7)
_ROWS = """
    SELECT user_key, external_id, exact_score, match_score, semantic_score, priority, matching_skills, missing_skills,
           match_reasoning, status, m.profile_version, m.scoring_key, m.record_hash
    FROM user_job_matches AS m JOIN users ON users.id = m.user_id JOIN jobs ON jobs.id = m.job_id
    ORDER BY user_key, external_id
"""


class Killed(Exception):  # noqa: N818
    """The process ends here."""


@pytest.fixture
def market(database: Database) -> Database:
    """Postings and users with random vectors; half of the users ask for something."""
    records = postings_of_hour(datetime(2026, 11, 1, tzinfo=UTC), count=POSTINGS)
    fill(database, [normalise_record(record) for record in records], USERS)
    return database


@pytest.fixture
def expected(market: Database) -> list[tuple]:
    """The rows with one bucket; afterwards nothing is matched."""
    match_new_postings(market, SETTINGS, "one")
    rows = rows_of(market)
    assert len(rows) > USERS
    with market.begin() as connection:
        connection.exec_driver_sql("TRUNCATE user_job_matches, job_match_state")
    return rows


def rows_of(database: Database) -> list[tuple]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(_ROWS))]


def state_of(database: Database) -> set[int]:
    """How many postings each bucket was matched with."""
    query = "SELECT count(*) FROM job_match_state GROUP BY bucket"
    with database.begin() as connection:
        return set(connection.scalars(text(query)))


def cut(database: Database, count: int) -> None:
    assert ensure_buckets(database, count) == 1


@contextmanager
def killed_at(database: Database, statement: int) -> Iterator[None]:
    """Raise before the n-th statement from now on."""
    seen = 0

    def count(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            raise Killed

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield
    except Killed:
        pass
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


@pytest.mark.parametrize("count", [1, 3, 16])
@pytest.mark.parametrize("seed", range(3))
def test_rows_are_equal_in_any_order_and_after_kills(
    market: Database, expected: list[tuple], count: int, seed: int
) -> None:
    if count > 1:
        cut(market, count)
    chance = random.Random(seed)  # noqa: S311
    shards = [bucket for bucket in all_buckets(count) for _ in range(chance.randint(1, 2))]
    chance.shuffle(shards)
    for bucket in shards:
        with killed_at(market, chance.randint(1, 40) if chance.random() < 0.4 else 10_000):
            match_new_postings(market, SETTINGS, "shard", at_once=chance.choice([5, 20, 100]), only=bucket)
    for bucket in all_buckets(count):  # what was killed is launched again
        match_new_postings(market, SETTINGS, "again", only=bucket)
    assert rows_of(market) == expected
    assert state_of(market) == {POSTINGS}
    again = match_new_postings(market, SETTINGS, "nothing to do")
    assert (again.postings, again.inserted, again.updated, again.removed) == (0, 0, 0, 0)


def test_shards_at_the_same_moment_give_equal_rows(market: Database, expected: list[tuple]) -> None:
    cut(market, 4)
    errors: list[Exception] = []

    def work(bucket: Bucket) -> None:
        own = Database(market.url)
        try:
            match_new_postings(own, SETTINGS, "shard", at_once=10, only=bucket)
        except Exception as error:  # noqa: BLE001
            errors.append(error)
        own.dispose()

    threads = [threading.Thread(target=work, args=(bucket,)) for bucket in (*all_buckets(4), *all_buckets(4))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert rows_of(market) == expected
    with market.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM score_calibrations")) == 1


def test_users_by_list_are_matched_in_their_buckets(market: Database, expected: list[tuple]) -> None:
    cut(market, 3)
    with market.begin() as connection:
        by_bucket = users_by_bucket(connection, [*KEYS, "nobody"])
        assert {bucket: active_user_keys(connection, bucket) for bucket in read_buckets(connection)} == by_bucket
    assert sorted(key for keys in by_bucket.values() for key in keys) == sorted(KEYS)
    report = match_users(market, SETTINGS, "list", KEYS)
    assert report.users == USERS
    assert rows_of(market) == expected


def test_the_report_sums_users_of_all_buckets(market: Database, expected: list[tuple]) -> None:
    cut(market, 3)
    report = match_new_postings(market, SETTINGS, "all")
    assert (report.users, report.postings, report.pairs) == (USERS, POSTINGS, USERS * POSTINGS)
    assert report.inserted == len(expected)
    stored = MatchReport.from_json(report.as_json())
    assert {name: counts.tolist() for name, counts in stored.scores.items()} == {
        name: counts.tolist() for name, counts in report.scores.items()
    }


def test_a_cut_keeps_rows_decisions_and_what_was_matched(market: Database) -> None:
    match_new_postings(market, SETTINGS, "before")
    with market.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE user_job_matches SET status = 'saved', decided_at = now() WHERE mod(job_id, 3) = 0"
        )
    before = rows_of(market)
    for count, was in ((16, 1), (3, 16), (1, 3)):
        assert ensure_buckets(market, count, dry_run=True) == was
        assert ensure_buckets(market, count) == was
        assert ensure_buckets(market, count) == 0
        assert rows_of(market) == before
        assert match_new_postings(market, SETTINGS, "after").postings == 0


def test_a_cut_forgets_postings_that_not_all_were_matched_with(market: Database, expected: list[tuple]) -> None:
    cut(market, 4)
    match_new_postings(market, SETTINGS, "half", only=Bucket(1, 4))
    match_new_postings(market, SETTINGS, "half", only=Bucket(2, 4))
    assert ensure_buckets(market, 2) == 4
    assert state_of(market) == set()
    match_new_postings(market, SETTINGS, "rest")
    assert rows_of(market) == expected


@pytest.mark.parametrize("count", [0, -1])
def test_a_cut_into_no_bucket_is_refused(market: Database, count: int) -> None:
    match_new_postings(market, SETTINGS, "before")
    before = rows_of(market)
    with pytest.raises(Exception, match="user_job_matches"), market.begin() as connection:
        cut_matches(connection, count)
    assert rows_of(market) == before


def test_a_shard_waits_for_its_own_bucket_and_the_whole(database: Database) -> None:
    def is_free(bucket: str) -> bool:
        with database.begin() as connection:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
            try:
                lock_share(connection, MATCHING, bucket)
            except Exception:  # noqa: BLE001
                return False
            return True

    with database.begin() as connection:
        lock_share(connection, MATCHING, "000")
        assert is_free("001")
        assert not is_free("000")
    with database.begin() as connection:
        lock(connection, MATCHING)
        assert not is_free("001")
    assert is_free("000")
