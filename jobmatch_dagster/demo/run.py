"""The demo: real runs of the real jobs, on the local Active Jobs server.

Put here the order of the demo's steps. Its server, corpus and CVs have modules of their own, its table is in
`report.py`.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console
from sqlalchemy import text

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import hour_range, materialize, run_job, run_requested
from jobmatch_dagster.cli.runtime import INBOX_VARIABLE, Runtime, environment
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.cvs import CvSource, demo_cvs, read_cv_sources
from jobmatch_dagster.demo.errors import DemoInputError
from jobmatch_dagster.demo.pages import newest, read_pages
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus, RecordedCorpus
from jobmatch_dagster.resources.clock import CLOCK_VARIABLE

# 24 hours of this many postings are the thousand that the demo collects.
POSTINGS_PER_HOUR = 42
HOURS_COLLECTED = 24
# A file this old is no longer being written (the inbox waits for that).
_STILL_SECONDS = 10
# A sensor's ticks until nothing is due; a folder of 100,000 CVs needs 100 of each.
_MAX_TICKS = 200


@dataclass(frozen=True)
class DemoInput:
    """What the demo works on: generated postings and its own CVs, or the user's."""

    records: list[dict[str, Any]] | None = None
    cvs: list[CvSource] = field(default_factory=demo_cvs)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def database_name(self) -> str:
        """Database on the embedded server: recorded pages have one of their own, by content."""
        if self.records is None:
            return "jobmatch"
        content = json.dumps(self.records, sort_keys=True, default=str).encode()
        return f"demo_{hashlib.sha256(content).hexdigest()[:10]}"

    @property
    def clock(self) -> datetime | None:
        """The time taken as now: just after the newest recorded posting; None is the real time."""
        return newest(self.records) + timedelta(hours=2) if self.records else None


@dataclass(frozen=True)
class DemoOutcome:
    """What a demo did. `changed_rows` counts rows written or removed in any table of the project."""

    seconds: float
    changed_rows: int


def read_input(pages: Path | None, cvs: Path | None) -> DemoInput:
    """Read the user's folders, before anything is started or written.

    Raises:
        DemoInputError: if a folder holds no posting or no CV that can be read.
    """
    records, skipped = None, []
    if pages is not None:
        found = read_pages(pages)
        records, skipped = found.records, list(found.skipped)
    if cvs is None:
        return DemoInput(records, skipped=skipped)
    listed = read_cv_sources(cvs)
    return DemoInput(records, listed.cvs, [*skipped, *listed.skipped])


@contextmanager
def demo_surroundings(runtime: Runtime, demo_input: DemoInput, *, claude: bool) -> Iterator[ActiveJobsServer]:
    """The local server, and an environment that points at it and, unless asked, at no paid API.

    Raises:
        DemoInputError: if the configured database holds postings of the real API.
    """
    _refuse_real_postings(runtime.database)
    clock, recorded = demo_input.clock, demo_input.records
    server = ActiveJobsServer(
        GeneratedCorpus(per_hour=POSTINGS_PER_HOUR) if recorded is None else RecordedCorpus(recorded),
        now=(lambda: clock) if clock else (lambda: datetime.now(UTC)),
        all_ages=recorded is not None,
    )
    # A folder of its own: a configured inbox holds CVs of real people.
    inbox = runtime.home / f"inbox-{'demo' if recorded is None else demo_input.database_name}"
    inbox.mkdir(exist_ok=True)
    with server:
        variables: dict[str, str | None] = {
            "ACTIVE_JOBS_BASE_URL": server.url,
            "RAPIDAPI_KEY": "demo",
            "ACTIVE_JOBS_GENERATION": "g1",
            CLOCK_VARIABLE: clock.isoformat() if clock else None,
            INBOX_VARIABLE: str(inbox),
        }
        if not claude:
            variables["ANTHROPIC_API_KEY"] = None
        with environment(variables):
            yield server


def has_run(runtime: Runtime, demo_input: DemoInput) -> bool:
    """Whether the demo on this input came to its end before."""
    return _state_file(runtime, demo_input).exists()


def run_demo(runtime: Runtime, demo_input: DemoInput, console: Console) -> DemoOutcome:
    """Collect, embed, take in CVs, match and count; what is done already is not done again.

    Raises:
        RunFailedError: if a run fails.
    """
    began = time.monotonic()
    before = _Rows.read(runtime.database)
    until = _until(runtime, demo_input)
    defs = build_defs()
    resources = {"database": default_resources()["database"]}
    with runtime.dagster_instance() as instance:
        steps: list[tuple[str, Callable[[], object]]] = [
            ("Collecting postings, loading and embedding them", lambda: _collect(defs, instance, demo_input, until)),
            (f"Putting {len(demo_input.cvs)} CVs into the inbox", lambda: _fill_inbox(demo_input.cvs)),
            ("Reading CVs (cv_inbox_sensor)", lambda: _drain(defs, instance, "cv_inbox_sensor", resources)),
            ("Matching (cv_profile_sensor)", lambda: _drain(defs, instance, "cv_profile_sensor", resources)),
            ("Counting", lambda: _count(defs, instance)),
        ]
        for number, (title, step) in enumerate(steps, start=1):
            console.print(f"[bold]{number}/{len(steps)}[/bold] {title} ...")
            step_began = time.monotonic()
            step()
            console.print(f"    done in {time.monotonic() - step_began:.1f} s", highlight=False)
    _state_file(runtime, demo_input).write_text(json.dumps({"until": until.isoformat()}))
    return DemoOutcome(time.monotonic() - began, _Rows.read(runtime.database).changed_since(before))


def unreadable_cvs(database: Database) -> list[tuple[str, str]]:
    """CVs of the inbox that could not be read: (user key, reason)."""
    query = (
        "SELECT user_key, reason FROM cv_documents JOIN users ON users.id = user_id WHERE status = 'unreadable' "
        "ORDER BY user_key"
    )
    with database.begin() as connection:
        return [(row.user_key, row.reason) for row in connection.execute(text(query))]


def _collect(defs: dg.Definitions, instance: dg.DagsterInstance, demo_input: DemoInput, until: datetime) -> None:
    if demo_input.records is not None:
        config = {"ops": {"sweep_history": {"config": {"endpoint": "6m"}}}}
        run_job(defs, instance, "backfill_history", run_config=config)
        return
    first = until - (HOURS_COLLECTED - 1) * HOUR
    run_job(defs, instance, "hourly_collection", tags=hour_range(first, until))


def _until(runtime: Runtime, demo_input: DemoInput) -> datetime:
    """The last hour of the demo's data: that of the first demo that came to its end here."""
    file = _state_file(runtime, demo_input)
    if file.exists():
        return datetime.fromisoformat(json.loads(file.read_text())["until"])
    return latest_collectable_hour(demo_input.clock or datetime.now(UTC))


def _state_file(runtime: Runtime, demo_input: DemoInput) -> Path:
    """Beside the data: another database has a state of its own."""
    where = hashlib.sha256(runtime.database.url.encode()).hexdigest()[:10] if not runtime.embedded else "embedded"
    return runtime.home / f"demo-{demo_input.database_name}-{where}.json"


def _fill_inbox(cvs: list[CvSource]) -> None:
    inbox = Path(os.environ[INBOX_VARIABLE])
    still = time.time() - _STILL_SECONDS
    for cv in cvs:
        path = inbox / f"{cv.user_key}{cv.suffix}"
        if not path.exists() or path.read_bytes() != cv.content:
            path.write_bytes(cv.content)
            os.utime(path, (still, still))


def _drain(defs: dg.Definitions, instance: dg.DagsterInstance, sensor_name: str, resources: dict[str, Any]) -> None:
    for _ in range(_MAX_TICKS):
        if not run_requested(defs, instance, sensor_name, resources):
            return


def _count(defs: dg.Definitions, instance: dg.DagsterInstance) -> None:
    materialize(defs, instance, ["statistics", "job_statistics"], ["statistics", "user_statistics"])


def _refuse_real_postings(database: Database) -> None:
    query = (
        "SELECT request->>'host' FROM job_pages WHERE request->>'host' NOT IN ('127.0.0.1', 'localhost', '::1') LIMIT 1"
    )
    with database.begin() as connection:
        host = connection.scalar(text(query))
    if host:
        raise DemoInputError(
            f"The configured database holds postings of {host}: the demo would mix invented ones into them. "
            "Unset JOBMATCH_DATABASE_URL, or point it at an empty database."
        )


@dataclass(frozen=True)
class _Rows:
    """Rows of every table of the project, and the newest transaction at that moment."""

    counts: dict[str, int]
    written: dict[str, int]
    transaction: int
    database: Database

    @classmethod
    def read(cls, database: Database, since: int | None = None) -> "_Rows":
        tables = (
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND relname !~ '^_?yoyo' ORDER BY 1"
        )
        counts, written = {}, {}
        with database.begin() as connection:
            newest_id = int(connection.scalar(text("SELECT pg_current_xact_id()::text::bigint")) or 0)
            for table in connection.scalars(text(tables)).all():
                query = f'SELECT count(*), count(*) FILTER (WHERE xmin::text::bigint > :since) FROM "{table}"'
                counts[table], written[table] = connection.execute(text(query), {"since": since or newest_id}).one()
        return cls(counts, written, newest_id, database)

    def changed_since(self, before: "_Rows") -> int:
        """Rows written since then, and rows that went."""
        now = _Rows.read(self.database, since=before.transaction)
        went = sum(max(0, before.counts.get(table, 0) - count) for table, count in now.counts.items())
        return sum(now.written.values()) + went
