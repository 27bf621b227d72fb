"""A small world for tests: the local API server, a database, an inbox, and the code location on them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from sqlalchemy import text

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import run_job, run_requested
from jobmatch_dagster.core.posting import POSTING_COLUMNS
from jobmatch_dagster.core.raw.windows import hour_name
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus, RecordedCorpus
from jobmatch_dagster.environment import environment
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource

NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
HOUR = datetime(2026, 11, 20, 7, tzinfo=UTC)

NURSE_CV = """
Ada Example
Registered Nurse
Experience
03/2018 - 10/2026 Registered Nurse, Zypressenau Klinikum, Munich
Patient care, wound care, medication administration
Skills: Nursing, Patient Care, Medication Administration, Hygiene, Teamwork
"""
ENGINEER_CV = """
Ben Example
Backend Developer
Experience
03/2021 - 10/2026 Backend Developer, Kranich Digital GmbH, Berlin
REST APIs in Python and Django, PostgreSQL, Docker
Skills: Python, Django, FastAPI, PostgreSQL, Docker, REST APIs, Git
"""

# Everything of the project's tables but ids, provenance, run ids and times.
_SAME_ROWS = {
    "job_pages": "SELECT endpoint, page_offset, sha256, last_page FROM job_pages",
    "jobs": f"SELECT {', '.join(POSTING_COLUMNS)}, closed_reason FROM jobs",
    "job_sightings": "SELECT external_id, sightings FROM job_sightings JOIN jobs ON jobs.id = job_id",
    "job_embeddings": "SELECT external_id, model, e.text_hash FROM job_embeddings e JOIN jobs ON jobs.id = job_id",
    "job_match_state": (
        "SELECT DISTINCT external_id, s.record_hash, scoring_key FROM job_match_state s JOIN jobs ON jobs.id = job_id"
    ),
    "quarantined_records": "SELECT page_position, external_id, field, reason FROM quarantined_records",
    "users": "SELECT user_key, active FROM users",
    "cv_documents": "SELECT user_key, sha256, status, reason FROM cv_documents JOIN users ON users.id = user_id",
    "cv_profiles": (
        "SELECT user_key, version, skills, experience_years, industries, text_hash FROM cv_profiles "
        "JOIN users ON users.id = user_id"
    ),
    "profile_embeddings": (
        "SELECT user_key, version, model, e.text_hash FROM profile_embeddings e "
        "JOIN cv_profiles p ON p.id = profile_id JOIN users ON users.id = p.user_id"
    ),
    "user_match_state": (
        "SELECT user_key, profile_version, scoring_key FROM user_match_state JOIN users ON users.id = user_id"
    ),
    "user_job_matches": (
        "SELECT user_key, external_id, match_score, semantic_score, skills_score, experience_score, industry_score, "
        "work_arrangement_score, claude_score, claude_status, claude_raw_score, claude_band_low, claude_band_high, "
        "claude_deviation, claude_items_dropped, claude_is_generic, "
        "posting_signs, claude_reason, priority, matching_skills, missing_skills, "
        "match_reasoning, key_alignments, potential_gaps, status, m.profile_version, m.record_hash "
        "FROM user_job_matches m JOIN users ON users.id = user_id JOIN jobs ON jobs.id = job_id"
    ),
    "claude_requests": (
        "SELECT user_key, external_id, attempt, state, attempts FROM claude_requests JOIN users ON users.id = user_id "
        "JOIN jobs ON jobs.id = job_id"
    ),
    "score_calibrations": "SELECT model, knots FROM score_calibrations",
}


@dataclass
class World:
    """What a test works with."""

    database: Database
    server: ActiveJobsServer
    inbox: Path
    instance: dg.DagsterInstance
    defs: dg.Definitions
    variables: dict[str, str] = field(default_factory=dict)

    def collect(self, hour: datetime = HOUR, **options: Any) -> dg.ExecuteInProcessResult:
        """Run hourly_collection for an hour."""
        return run_job(self.defs, self.instance, "hourly_collection", partition_key=hour_name(hour), **options)

    def market(self, *, per_hour: int, since: datetime) -> None:
        """Serve another market, from this hour on."""
        self.server.corpus = GeneratedCorpus(per_hour=per_hour, since=since)

    def serve(self, records: list[dict[str, Any]]) -> None:
        """Serve these very records; a change of them is served too."""
        self.server.corpus = RecordedCorpus(records)

    def configure(self, **fields: Any) -> None:
        """Set fields of the resource active_jobs."""
        resource = ActiveJobsResource(base_url=self.server.url, api_key="k", **fields)
        self.defs = build_defs({"active_jobs": resource})

    def upkeep(self, day: str) -> dg.ExecuteInProcessResult:
        """Run daily_upkeep for a day."""
        return run_job(self.defs, self.instance, "daily_upkeep", partition_key=day)

    def put_cv(self, user_key: str, cv: str | bytes, suffix: str = ".txt") -> Path:
        """Put a CV into the inbox as a file that was written a while ago."""
        path = self.inbox / f"{user_key}{suffix}"
        path.write_bytes(cv.encode() if isinstance(cv, str) else cv)
        still = time.time() - 5
        os.utime(path, (still, still))
        return path

    def run_sensor(self, name: str) -> int:
        """Evaluate a sensor and make the runs that it asks for."""
        resources = default_resources()
        given = {resource: resources[resource] for resource in ("database", "claude")}
        return run_requested(self.defs, self.instance, name, given)

    def take_in(self, user_key: str, cv: str | bytes, suffix: str = ".txt") -> None:
        """From the CV to its matches, through both sensors."""
        self.put_cv(user_key, cv, suffix)
        assert self.run_sensor("cv_inbox_sensor") == 1
        assert self.run_sensor("cv_profile_sensor") == 1

    def scalar(self, query: str, **parameters: Any) -> Any:
        """The one value of a query."""
        with self.database.begin() as connection:
            return connection.scalar(text(query), parameters)

    def matches_of(self, user_key: str, columns: str = "external_id, m.*") -> list[Any]:
        """Columns of a user's matches (m) with their postings (jobs), in the order of the postings' ids."""
        query = (
            f"SELECT {columns} FROM user_job_matches m JOIN users ON users.id = user_id JOIN jobs ON jobs.id = job_id "
            "WHERE user_key = %s ORDER BY external_id"
        )
        with self.database.begin() as connection:
            return list(connection.exec_driver_sql(query, (user_key,)))

    def rows(self, *tables: str) -> dict[str, list[str]]:
        """The rows of these tables (default: all), as they must be the same after the same work."""
        return table_rows(self.database, *tables)

    def reload(self) -> None:
        """Build the code location again, for instance after a change of the environment."""
        self.defs = build_defs()


def table_rows(database: Database, *tables: str) -> dict[str, list[str]]:
    """The rows of these tables (default: all), as they must be the same after the same work."""
    with database.begin() as connection:
        return {
            table: sorted(str(tuple(row)) for row in connection.execute(text(query)))
            for table, query in _SAME_ROWS.items()
            if not tables or table in tables
        }


@contextmanager
def build_world(
    database_url: str, folder: Path, *, per_hour: int = 12, records: list[dict[str, Any]] | None = None
) -> Iterator[World]:
    """A world on a fresh database; generated postings, or the given records."""
    inbox = folder / "inbox"
    inbox.mkdir()
    recorded = records is not None
    corpus = (
        RecordedCorpus(records)
        if records is not None
        else GeneratedCorpus(per_hour=per_hour, since=HOUR - timedelta(hours=3))
    )
    server = ActiveJobsServer(corpus, now=lambda: NOW, all_ages=recorded)
    database = Database(database_url)
    with server, dg.DagsterInstance.ephemeral() as instance:
        variables: dict[str, str | None] = {
            "JOBMATCH_DATABASE_URL": database_url,
            "JOBMATCH_HOME": str(folder / "home"),
            "ACTIVE_JOBS_BASE_URL": server.url,
            "ACTIVE_JOBS_GENERATION": "g1",
            "RAPIDAPI_KEY": "test-key",
            "CV_INBOX": str(inbox),
            "JOBMATCH_CLOCK": NOW.isoformat(),
            "HF_HUB_OFFLINE": "1",
            "ANTHROPIC_API_KEY": None,
        }
        with environment(variables):
            given = {name: value for name, value in variables.items() if value is not None}
            yield World(database, server, inbox, instance, build_defs(), given)
    database.dispose()
