"""Each query that a screen waits for uses its index: plans on 100,000 generated postings."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database, ensure_database, read_sql
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.db.connection.urls import with_database
from jobmatch_dagster_tests.support.generated_rows import fill

# Tables that grow; the others are small enough that reading them whole is the best plan.
_LARGE = {"jobs", "user_job_matches", "job_pages", "claude_requests", "job_sightings", "job_embeddings", "match_events"}
_KEY, _POSTING = "user 7", "4711"

# Queries by name, and those that a person or a screen asks of the views.
_NAMED: dict[str, dict[str, Any]] = {
    "matching/match_list": {"user_key": "u1", "status": None, "min_score": None, "most": 10},
    "notifications/new_matches": {"user_ids": [7], "minimum_scores": [60], "mosts": [20]},
    "catalog/signs": {
        "job_ids": list(range(1, 51)),
        "now": None,
        "gap": timedelta(days=7),
        "of_company": 100,
        "of_fields": 3_000,
    },
    "profiles/user_list": {"with_profile": True, "most": 10},
    "explain/stored_match": {"user_key": _KEY, "external_id": _POSTING},
    "explain/match_history": {"user_id": 7, "job_id": 4711, "most": 50},
    "explain/explain_posting": {"external_id": _POSTING},
    "explain/quarantined_posting": {"external_id": _POSTING},
    "matching/decide": {
        "user_key": _KEY,
        "external_id": _POSTING,
        "decision": "saved",
        "reason": "pay",
        "note": None,
    },
    "raw/newest_documents": {"source": "json-ld", "documents": ["a.html", "b.html"]},
    "catalog/job_exists": {"external_id": _POSTING},
    "statistics/user_counts": {"user_key": _KEY},
    "statistics/user_experience_scores": {"user_key": _KEY},
    "statistics/user_industries": {"user_key": _KEY, "most": 10},
    "statistics/user_missing_skills": {"user_key": _KEY, "most": 10},
    "statistics/jobs_by_hour": {"now": "2100-01-01"},
    "matching/current_matches": {"user_key": _KEY, "status": None, "since": None, "only_open": False, "most": 20},
    "catalog/newest_jobs": {"only_open": True, "since": None, "source": None, "most": 1_000},
    "catalog/enum_drift": {"since": "2100-01-01", "industries": ["Technology"]},
    "catalog/hour_counts": {"hour": "2100-01-01", "before": "2099-12-31"},
}
_ASKED = {
    "newest open postings": "SELECT title FROM open_jobs ORDER BY date_created DESC LIMIT 50",
    "open postings with a skill": "SELECT title FROM open_jobs WHERE ai_key_skills @> ARRAY['skill 700']",
    "open postings with a keyword": "SELECT title FROM open_jobs WHERE ai_keywords @> ARRAY['word 1200']",
    "open postings of an industry": "SELECT title FROM open_jobs WHERE ai_taxonomies_a @> ARRAY['Industry 7']",
    "words of German postings": "SELECT title FROM open_jobs "
    "WHERE search_text @@ websearch_to_tsquery('german', 'Nummer 4711')",
    "words of English postings": "SELECT title FROM open_jobs "
    "WHERE search_text @@ websearch_to_tsquery('english', 'number 4711')",
    "open postings of a company": "SELECT title FROM open_jobs WHERE left(lower(company), 200) = 'company 77' "
    "ORDER BY date_created DESC LIMIT 20",
    "open postings of a level": "SELECT title FROM open_jobs WHERE ai_experience_level = '10+' "
    "ORDER BY date_created DESC LIMIT 20",
    "best matches of a user": "SELECT title FROM current_matches WHERE user_id = 7 "
    "ORDER BY exact_score DESC NULLS LAST LIMIT 20",
    "decisions of a user": "SELECT title FROM current_matches WHERE user_id = 7 AND status <> 'new' "
    "ORDER BY decided_at DESC LIMIT 20",
    "lineage of a match": f"SELECT * FROM match_lineage WHERE user_key = '{_KEY}' AND external_id = '{_POSTING}'",
    "postings of a page": "SELECT title FROM jobs WHERE page_id = 17",
    "postings of an hour": "SELECT title FROM jobs WHERE collection_hour = date_trunc('hour', now())",
    "newest quarantined": "SELECT reason FROM quarantined_records ORDER BY quarantined_at DESC LIMIT 20",
}


@pytest.fixture(scope="module")
def filled(postgres_url: str) -> Iterator[Database]:
    """A database with 100,000 postings and 20 users of 2,000 matches."""
    url = with_database(postgres_url, "plans")
    ensure_database(url)
    database = Database(url)
    migrate(database)
    with database.begin() as connection:
        fill(connection, jobs=100_000, users=20, matches_of_each=2_000)
        connection.exec_driver_sql(
            "INSERT INTO match_events (user_id, job_id, event) SELECT user_id, job_id, 'left' FROM user_job_matches; "
            "ANALYZE match_events"
        )
    yield database
    database.dispose()


def plan_nodes(database: Database, query: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node of the plan of a query, without help of a second process: here that is borderline, and no index."""
    with database.begin() as connection:
        connection.exec_driver_sql("SET LOCAL max_parallel_workers_per_gather = 0")
        plan = connection.scalar(text(f"EXPLAIN (FORMAT json) {query}"), parameters)
    nodes = [(json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        yield node
        nodes += node.get("Plans", [])


def scanned_whole(database: Database, query: str, parameters: dict[str, Any]) -> set[str]:
    """Large tables that the plan of a query reads from end to end."""
    nodes = plan_nodes(database, query, parameters)
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & _LARGE


@pytest.mark.parametrize("name", sorted(_NAMED))
def test_named_queries_use_their_index(name: str, filled: Database) -> None:
    assert scanned_whole(filled, read_sql(f"queries/{name}.sql"), _NAMED[name]) == set()


@pytest.mark.parametrize("name", sorted(_ASKED))
def test_questions_of_a_screen_use_their_index(name: str, filled: Database) -> None:
    assert scanned_whole(filled, _ASKED[name], {}) == set()


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        (_ASKED["best matches of a user"], {}),
        (read_sql("queries/matching/current_matches.sql"), _NAMED["matching/current_matches"]),
        (read_sql("queries/catalog/newest_jobs.sql"), _NAMED["catalog/newest_jobs"]),
        (_ASKED["open postings of a company"], {}),
        (_ASKED["decisions of a user"], {}),
    ],
)
def test_the_best_and_the_newest_come_sorted_from_the_index(
    query: str, parameters: dict[str, Any], filled: Database
) -> None:
    # Ties alone are sorted ("Incremental Sort").
    assert [node for node in plan_nodes(filled, query, parameters) if node["Node Type"] == "Sort"] == []


def test_a_scan_would_be_seen(filled: Database) -> None:
    assert scanned_whole(filled, "SELECT count(*) FROM jobs WHERE description LIKE '%x'", {}) == {"jobs"}
