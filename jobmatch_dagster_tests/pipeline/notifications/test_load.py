"""Digests of many users after an hour of many postings: seconds, and queries for each user. `-s` prints them."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.notifications.digests import Outcome, send_digests
from jobmatch_dagster.pipeline.notifications.files import FILES, Files
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster_tests.support.generated_rows import fill

_NOW = datetime(2026, 11, 20, 9, 45, tzinfo=UTC)
_POSTINGS, _MATCHES_OF_EACH, _NEW_OF_EACH = 1_000, 100, 20
# What was there before counts as announced; of the new postings each user has their own twenty.
_ANNOUNCED = """
    WITH old AS (
        INSERT INTO user_digests (user_id, day, lines, content_hash, created_at)
        SELECT id, '2026-11-18', '[]', 'old', now() FROM users RETURNING id, user_id
    ), sent AS (
        INSERT INTO digest_deliveries (digest_id, channel, user_id, state, sent_at, next_attempt_at)
        SELECT id, 'files', user_id, 'sent', now(), now() FROM old
    )
    INSERT INTO digest_entries (digest_id, user_id, job_id)
    SELECT old.id, user_id, job_id FROM old JOIN user_job_matches USING (user_id)
"""
_NEW_POSTINGS = """
    INSERT INTO jobs (external_id, title, company, url, date_created, record_hash, text_hash, ad_key, page_id,
                      page_position, page_fetched_at, collection_hour)
    SELECT 'new ' || n, 'Nurse ' || n, 'Klinikum', 'https://example.org/' || n, now(), 'r', 't', 'new ' || n,
           (SELECT min(id) FROM job_pages), n, now(), now()
    FROM generate_series(1, :postings) AS n
"""
_NEW_MATCHES = """
    INSERT INTO user_job_matches (user_id, job_id, exact_score, semantic_score, match_score, match_reasoning,
                                  missing_skills, profile_version, embedding_model, scoring_key, record_hash)
    SELECT users.id, jobs.id, 60 + (jobs.id * 7 + users.id) % 40, 60, 60 + (jobs.id * 7 + users.id) % 40,
           'Registered nurse with wound care.', ARRAY['Dialysis'], 1, 'm', 's', jobs.record_hash
    FROM users
    JOIN jobs ON jobs.external_id LIKE 'new %' AND (jobs.id + users.id) % (:postings / :each) = 0
"""


@contextmanager
def _counted(database: Database) -> Iterator[list[int]]:
    queries = [0]

    def count(*_: object) -> None:
        queries[0] += 1

    event.listen(database.engine, "before_cursor_execute", count)
    try:
        yield queries
    finally:
        event.remove(database.engine, "before_cursor_execute", count)


def _run(database: Database, folder: Path, hours: int) -> tuple[Outcome, float, int]:
    with _counted(database) as queries:
        began = time.monotonic()
        outcome = send_digests(
            database,
            {FILES: Files(folder)},
            day="2026-11-20",
            hourly=True,
            now=_NOW + timedelta(hours=hours),
            limits=Limits(60, 20),
            most_attempts=10,
        )
        return outcome, time.monotonic() - began, queries[0]


def _measure(database: Database, folder: Path, users: int) -> float:
    """Queries for each user; writes the figures."""
    with database.begin() as connection:
        fill(connection, jobs=20_000, users=users, matches_of_each=_MATCHES_OF_EACH)
        connection.exec_driver_sql(_ANNOUNCED)
        connection.execute(text(_NEW_POSTINGS), {"postings": _POSTINGS})
        connection.execute(text(_NEW_MATCHES), {"postings": _POSTINGS, "each": _NEW_OF_EACH})
        connection.exec_driver_sql("INSERT INTO user_preferences (user_id, digest_every) SELECT id, 'hour' FROM users")
        matches = connection.exec_driver_sql("SELECT count(*) FROM user_job_matches").scalar_one()
        connection.exec_driver_sql("ANALYZE")
    outcome, seconds, queries = _run(database, folder, 0)
    again, seconds_again, queries_again = _run(database, folder, 1)
    sys.stdout.write(
        f"\n{users:,} users, {matches:,} matches, {_POSTINGS:,} new postings: {outcome.digests:,} digests with "
        f"{outcome.new_matches:,} lines in {seconds:.1f} s, {queries / users:.3f} queries a user; an hour without "
        f"anything new {seconds_again:.1f} s, {queries_again / users:.3f} queries a user\n"
    )
    assert (outcome.digests, outcome.channels[0].delivered, outcome.waiting) == (users, users, 0)
    assert (again.digests, again.channels) == (0, [])
    assert sum(1 for _ in folder.iterdir()) == users
    return queries / users


def test_digests_need_less_than_a_query_for_each_user(database: Database, tmp_path: Path) -> None:
    assert _measure(database, tmp_path / "digests", 300) < 0.5


@pytest.mark.load
def test_digests_of_ten_thousand_users(database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        assert _measure(database, tmp_path / "digests", 10_000) < 0.1
