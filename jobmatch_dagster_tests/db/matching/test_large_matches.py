"""Ten million matches in sixteen partitions, beside the same rows in one: what a person waits for, with its plan."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from jobmatch_dagster.db.connection.engine import Database, read_sql
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.urls import with_database
from jobmatch_dagster.pipeline.operations.buckets import ensure_buckets
from jobmatch_dagster_tests.support.generated_rows import fill

POSTINGS, USERS, MATCHES_OF_EACH = 50_000, 50_000, 200
PARTITIONS = 16
REPEATS = 7
_USER = "user 4711"
_POSTINGS = list(range(1, 1_001))
QUESTIONS: dict[str, dict[str, Any]] = {
    "matching/match_list": {"user_key": _USER, "status": None, "min_score": None, "most": 20},
    "matching/current_matches": {"user_key": _USER, "status": None, "since": None, "only_open": False, "most": 20},
    "explain/stored_match": {"user_key": _USER, "external_id": "4711"},
    "statistics/user_counts": {"user_key": _USER},
    "statistics/user_missing_skills": {"user_key": _USER, "most": 10},
    # Those of an hour, about the users of one bucket.
    "matching/match_cutoffs": {"job_ids": [1, 2, 3], "most": 100},
    "matching/users_over_cap": {"most": 100},
    "matching/postings_with_matches": {"job_ids": _POSTINGS},
}


@contextmanager
def both(url: str, *, matches_of_each: int = MATCHES_OF_EACH) -> Iterator[dict[str, Database]]:
    """The same rows in one partition and in many, by name."""
    one = Database(url)
    migrate(one)
    with one.begin() as connection:
        fill(connection, jobs=POSTINGS, users=USERS, matches_of_each=matches_of_each)
    one.dispose()
    server = create_engine(with_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE cut TEMPLATE "{one.engine.url.database}"'))
    cut = Database(with_database(url, "cut"))
    migrate(cut)
    began = time.monotonic()
    ensure_buckets(cut, PARTITIONS)
    print(f"\ncut into {PARTITIONS}: {time.monotonic() - began:.0f} s")  # noqa: T201
    for database in (one, cut):
        # As autovacuum leaves a table: without it each question reads rows for what the index knows.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE) user_job_matches")
    yield {"one": one, "cut": cut}
    one.dispose()
    cut.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE cut WITH (FORCE)"))
    server.dispose()


def compare(databases: dict[str, Database]) -> dict[str, dict[str, float]]:
    """Median milliseconds of each question, asked in turn, and the partitions that its plan reads."""
    with databases["cut"].read() as connection:
        shard = text("SELECT id FROM users WHERE is_in_bucket(id, 0, match_buckets()) ORDER BY id LIMIT 1000")
        user_ids = list(connection.scalars(shard))
    took: dict[str, dict[str, float]] = {}
    for question, parameters in QUESTIONS.items():
        seconds: dict[str, list[float]] = {name: [] for name in databases}
        for _ in range(REPEATS):
            for name, database in databases.items():
                with database.read() as connection:
                    began = time.monotonic()
                    connection.execute(
                        text(read_sql(f"queries/{question}.sql")), {"user_ids": user_ids, **parameters}
                    ).all()
                    seconds[name].append(time.monotonic() - began)
        took[question] = {name: 1_000 * statistics.median(values) for name, values in seconds.items()}
        print(f"{question}: " + ", ".join(f"{name} {value:.1f} ms" for name, value in took[question].items()))  # noqa: T201
    return took


@pytest.mark.load
def test_partitions_cost_a_person_no_time(database_url: str) -> None:
    with both(database_url) as databases:
        with databases["cut"].begin() as connection:
            print(connection.scalar(text("SELECT count(*) FROM user_job_matches")), "matches")  # noqa: T201
        took = compare(databases)
    slower = {question: times for question, times in took.items() if times["cut"] > 2 * times["one"] + 20}
    assert slower == {}
