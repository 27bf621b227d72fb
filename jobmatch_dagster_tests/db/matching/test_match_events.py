"""`match_events`: whatever happens to the lists, each match has its history, and the same work again adds nothing."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from jobmatch_dagster.bench.matching import MODEL, fill
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.matching.matches import decide
from jobmatch_dagster.db.operations.storage import drop_closed_matches
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.matching.match import match_new_postings, match_users
from jobmatch_dagster.pipeline.matching.settings import MatchSettings

USERS, POSTINGS = 6, 48
KEYS = [str(n) for n in range(USERS)]
_SETTINGS = MatchSettings(MODEL, Weights(), 9)
_LARGER = replace(_SETTINGS, keep_best=1_000)

# Pairs whose last entry or exit does not say what the table says, or whose last event has another band than their row.
_DISAGREEING = """
    SELECT count(*)
    FROM (
        SELECT user_id, job_id,
               (array_agg(event ORDER BY at DESC) FILTER (WHERE event IN ('entered', 'left')))[1] AS last_move,
               (array_agg(band ORDER BY at DESC))[1] AS last_band,
               count(*) FILTER (WHERE event = 'entered') - count(*) FILTER (WHERE event = 'left') AS balance
        FROM match_events GROUP BY user_id, job_id
    ) AS history
    FULL JOIN user_job_matches AS m USING (user_id, job_id)
    WHERE (last_move = 'entered') IS DISTINCT FROM (m.priority IS NOT NULL)
       OR balance <> CAST(m.priority IS NOT NULL AS integer)
       OR last_band <> m.priority
"""


@pytest.fixture
def market(database: Database) -> Database:
    """48 postings and 6 users with random vectors; half of the users ask for something."""
    records = postings_of_hour(datetime(2026, 11, 1, tzinfo=UTC), count=POSTINGS)
    fill(database, [normalise_record(record) for record in records], USERS)
    return database


def _run(database: Database, statement: str) -> int:
    with database.begin() as connection:
        return connection.execute(text(statement)).rowcount


def _counts(database: Database, run_id: str) -> dict[tuple[str, str | None], int]:
    """Number of events of a run by event and detail."""
    query = "SELECT event, detail, count(*) AS n FROM match_events WHERE run_id = :run_id GROUP BY event, detail"
    with database.begin() as connection:
        return {(row.event, row.detail): row.n for row in connection.execute(text(query), {"run_id": run_id})}


def _scalar(database: Database, query: str) -> int:
    with database.begin() as connection:
        return int(connection.scalar(text(query)) or 0)


def test_events_count_what_the_reports_count(market: Database) -> None:
    first = match_new_postings(market, _LARGER, "first")
    assert _counts(market, "first") == {("entered", None): first.inserted}
    shorter = match_users(market, _SETTINGS, "shorter", KEYS)
    counts = _counts(market, "shorter")
    assert counts["left", "rematched"] == shorter.removed > 0
    assert set(counts) == {("left", "rematched")}, "other settings changed no band"
    match_users(market, _SETTINGS, "again", KEYS)
    assert _counts(market, "again") == {}


def test_better_postings_push_others_out(market: Database) -> None:
    later = "id > (SELECT min(id) + 23 FROM jobs)"
    _run(market, f"UPDATE jobs SET closed_at = now(), closed_reason = 'age' WHERE {later}")
    match_new_postings(market, _SETTINGS, "first")
    _run(market, f"UPDATE jobs SET closed_at = NULL, closed_reason = NULL WHERE {later}")
    report = match_new_postings(market, _SETTINGS, "second", at_once=3)
    counts = _counts(market, "second")
    assert counts["left", "outranked"] > 0
    # What came and went in one transaction is in the report alone.
    assert 0 < counts["entered", None] < report.inserted
    assert counts["entered", None] - counts["left", "outranked"] == report.inserted - report.removed
    in_one = "SELECT count(*) FROM (SELECT FROM match_events GROUP BY user_id, job_id, at HAVING count(*) > 1) AS twice"
    assert _scalar(market, in_one) == 0
    assert _scalar(market, _DISAGREEING) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE jobs SET record_hash = record_hash || 'x'", "posting"),
        ("UPDATE user_preferences SET version = version + 1, semantic_weight = 1", "preferences"),
    ],
)
def test_a_changed_band_says_what_else_changed(market: Database, change: str, said: str) -> None:
    match_users(market, _LARGER, "first", KEYS)
    # So that every band is another than the stored one.
    _run(
        market,
        "UPDATE user_job_matches SET match_score = 100 - match_score, "
        "priority = CASE priority WHEN 'low' THEN 'high' ELSE 'low' END",
    )
    kept = _scalar(market, "SELECT count(*) FROM user_job_matches")
    _run(market, change)
    match_users(market, _LARGER, "second", KEYS)
    counts = _counts(market, "second")
    assert {detail for event, detail in counts if event == "band_changed"} >= {said}
    assert counts["band_changed", said] > kept / 4
    again = match_users(market, _LARGER, "third", KEYS)
    assert (again.updated, _counts(market, "third")) == (0, {})


def test_decisions_and_removed_matches_are_events(market: Database) -> None:
    match_new_postings(market, _LARGER, "run")
    chosen = "SELECT external_id FROM jobs JOIN user_job_matches ON job_id = id ORDER BY user_id, job_id LIMIT 1"
    with market.begin() as connection:
        posting = connection.scalar(text(chosen))
    with market.begin() as connection:
        for decision in ("saved", "saved", "applied"):
            decide(connection, "0", posting, decision)
    with market.begin() as connection:
        found = connection.execute(text("SELECT detail, run_id, band FROM match_events WHERE event = 'decided'")).all()
    assert sorted(row.detail for row in found) == ["applied", "saved"]
    assert all(row.run_id is None and row.band for row in found)

    _run(market, "UPDATE jobs SET closed_at = now() - interval '200 days', closed_reason = 'age'")
    with market.begin() as connection:
        gone = drop_closed_matches(connection, datetime.now(UTC), 10_000, run_id="cleaning")
    assert gone == _counts(market, "cleaning")["left", "closed"] > 0
    assert _scalar(market, _DISAGREEING) == 0


@pytest.mark.parametrize("seed", range(3))
def test_events_and_rows_agree_after_any_work(market: Database, seed: int) -> None:
    """Random work, some of it done twice: the last event of each pair is its row, or that it left."""
    rng = random.Random(seed)  # noqa: S311 (seeded, no secret)
    changes = [
        "UPDATE jobs SET record_hash = record_hash || 'x' WHERE id % 3 = 0",
        "UPDATE jobs SET closed_at = now(), closed_reason = 'age' WHERE id % 5 = 1",
        "UPDATE jobs SET closed_at = NULL, closed_reason = NULL",
        "UPDATE user_job_matches SET status = 'saved', decided_at = now() WHERE job_id % 11 = 0",
        "UPDATE user_preferences SET version = version + 1, min_salary = coalesce(min_salary, 0) + 15000",
        "UPDATE user_preferences SET version = version + 1, min_salary = NULL, locations = NULL",
        "DELETE FROM job_match_state WHERE job_id % 2 = 0",
    ]
    for step in range(12):
        _run(market, rng.choice(changes))
        settings = replace(_SETTINGS, keep_best=rng.choice([5, 9, 14]), floor=rng.choice([0, 30]))
        if rng.random() < 0.5:
            match_new_postings(market, settings, f"run {step}", at_once=rng.choice([7, 20, 100]))
        else:
            match_users(market, settings, f"run {step}", KEYS)
            match_users(market, settings, "again", KEYS)
        assert _scalar(market, _DISAGREEING) == 0, step
    assert _counts(market, "again") == {}
    assert _scalar(market, "SELECT count(DISTINCT event) FROM match_events") >= 2
