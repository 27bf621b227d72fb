"""The numbers that people look at are those that pandas computes on the same rows."""

import time
from datetime import timedelta
from typing import Any

import pandas as pd  # noqa: TID253 - the tests load no code location
import pytest
from sqlalchemy import text

from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.statistics.jobs_and_users import UNKNOWN, job_statistics, user_statistics
from jobmatch_dagster_tests.support.generated_rows import fill


def read(database: Database, query: str) -> pd.DataFrame:
    with database.begin() as connection:
        result = connection.execute(text(query))
        return pd.DataFrame(result.all(), columns=list(result.keys()))


def counts(values: pd.Series) -> dict[str, int]:
    return {str(key): int(n) for key, n in values.fillna(UNKNOWN).value_counts().items()}


def test_catalog_as_pandas_counts_it(database: Database) -> None:
    with database.begin() as connection:
        fill(connection, jobs=9_000, users=0, matches_of_each=1)
    jobs = read(database, "SELECT * FROM jobs")
    now = jobs.date_created.max().to_pydatetime() + timedelta(minutes=5)
    with database.begin() as connection:
        found = job_statistics(connection, now)

    assert (found.total, found.open) == (len(jobs), int(jobs.closed_at.isna().sum()))
    day = now - pd.Timedelta(hours=24)
    assert found.discovered_last_24_hours == int(((jobs.date_created > day) & (jobs.date_created <= now)).sum()) > 30
    assert found.by_source == counts(jobs.source)
    assert found.by_work_arrangement == counts(jobs.ai_work_arrangement)
    assert found.by_experience_level == counts(jobs.ai_experience_level)
    assert found.by_language == counts(jobs.ai_job_language)
    assert found.by_industry == counts(jobs.ai_taxonomies_a.explode())
    assert list(found.by_source.values()) == sorted(found.by_source.values(), reverse=True)
    fields = [column for column in POSTING_COLUMNS if column.startswith("ai_")]
    assert found.ai_coverage == {field: pytest.approx(jobs[field].notna().mean()) for field in fields}
    clustered = jobs.cluster_id.dropna()
    assert found.duplicates == len(clustered) - clustered.nunique() > 100
    assert found.newest_date_created == jobs.date_created.max()
    lateness = (jobs.inserted_at - jobs.date_created).dt.total_seconds()
    assert found.median_seconds_to_insert == pytest.approx(lateness.median())
    recent = jobs[(jobs.collection_hour > now - pd.Timedelta(hours=48)) & (jobs.collection_hour <= now)]
    assert found.by_hour == {h.to_pydatetime(): int(n) for h, n in recent.collection_hour.value_counts().items()}


def test_users_as_pandas_counts_them(database: Database) -> None:
    with database.begin() as connection:
        fill(connection, jobs=3_000, users=4, matches_of_each=700)
        connection.exec_driver_sql("INSERT INTO users (user_key) VALUES ('nobody')")
        found = {user.user_key: user for user in user_statistics(connection)}
    rows = read(
        database,
        "SELECT u.user_key, m.*, j.ai_experience_level, j.ai_taxonomies_a FROM user_job_matches m "
        "JOIN users u ON u.id = m.user_id JOIN jobs j ON j.id = m.job_id",
    )
    assert set(found) == {*rows.user_key, "nobody"}
    assert (found["nobody"].matched_semantic, found["nobody"].average_score) == (0, None)
    for key, own in rows.groupby("user_key"):
        user = found[str(key)]
        assert len(own) > 300
        assert (user.matched_semantic, user.matched_claude) == (own.semantic_score.count(), own.claude_score.count())
        status = own.status.value_counts()
        assert (user.saved, user.applied, user.rejected) == (status["saved"], status["applied"], status["rejected"])
        assert user.average_score == pytest.approx(own.match_score.mean())
        levels = own.assign(level=own.ai_experience_level.fillna(UNKNOWN)).groupby("level").match_score.mean()
        assert user.average_score_by_experience_level == {k: pytest.approx(v) for k, v in levels.items()}
        assert user.top_industries == top(own.ai_taxonomies_a.explode().dropna())
        skills = own.missing_skills.apply(lambda s: sorted({x.lower() for x in s}) if s is not None else None)
        assert {k.lower(): n for k, n in user.missing_skills.items()} == top(skills.explode().dropna())


def top(values: pd.Series) -> dict[str, int]:
    """The ten most frequent, ties by name."""
    ranked = sorted(values.value_counts().items(), key=lambda item: (-item[1], str(item[0])))
    return {str(key): int(n) for key, n in ranked[:10]}


@pytest.mark.load
def test_a_million_postings_are_counted_in_seconds(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with database.begin() as connection:
        fill(connection, jobs=1_000_000, users=20, matches_of_each=2_000, lines=4)
    seconds: dict[str, Any] = {}
    for name, count in (("jobs", job_statistics), ("users", user_statistics)):
        for turn in ("first", "again"):
            began = time.monotonic()
            with database.begin() as connection:
                count(connection)
            seconds[f"{name}, {turn}"] = round(time.monotonic() - began, 2)
    with capsys.disabled():
        print(f"\nstatistics of 1,000,000 postings, seconds: {seconds}")  # noqa: T201
    assert seconds["jobs, again"] < 10
    assert seconds["users, again"] < 10
