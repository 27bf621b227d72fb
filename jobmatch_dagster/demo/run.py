"""The demo: runs of the real jobs on the local Active Jobs server, in order.

Its server, corpus and CVs have modules of their own; the table of results is in `report.py`.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from rich.console import Console
from sqlalchemy import text

from jobmatch_dagster.build import build_defs, default_resources
from jobmatch_dagster.cli.runs import hour_range, materialize, run_job, run_requested
from jobmatch_dagster.cli.runtime import PRIVATE, Runtime, open_runtime
from jobmatch_dagster.core.raw.windows import HOUR, latest_collectable_hour
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.profiles.documents import unreadable_documents
from jobmatch_dagster.demo.cvs import CvSource, demo_cvs, read_cv_sources
from jobmatch_dagster.demo.errors import DemoInputError
from jobmatch_dagster.demo.pages import newest, read_pages
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus, RecordedCorpus
from jobmatch_dagster.environment import environment
from jobmatch_dagster.resources.clock import wall_time

# The demo collects about 1,000 postings: this many in each of 24 hours.
POSTINGS_PER_HOUR = 42
HOURS_COLLECTED = 24
# The inbox waits until a file is no longer being written; files of the demo are made to look this old.
_STILL_SECONDS = 10
# Most ticks of a sensor until nothing is due: a folder of 100,000 CVs needs 100.
_MAX_TICKS = 200
_MOST_UNREADABLE = 1_000


@dataclass(frozen=True)
class DemoInput:
    """Postings and CVs of the demo: generated ones, or the user's."""

    records: list[dict[str, Any]] | None = None
    cvs: list[CvSource] = field(default_factory=demo_cvs)
    skipped: list[tuple[str, str]] = field(default_factory=list)

    @property
    def database_name(self) -> str:
        """Database on the embedded server. Recorded pages have one of their own, named by their content."""
        if self.records is None:
            return "jobmatch"
        content = json.dumps(self.records, sort_keys=True, default=str).encode()
        return f"demo_{hashlib.sha256(content).hexdigest()[:10]}"

    @property
    def clock(self) -> datetime | None:
        """The time that counts as now: just after the newest recorded posting. None: the machine's time."""
        return newest(self.records) + timedelta(hours=2) if self.records else None


@dataclass(frozen=True)
class DemoOutcome:
    """Result of a demo; `changed_rows` counts the rows that it wrote or removed, in all tables of the project."""

    seconds: float
    changed_rows: int


def read_input(pages: Path | None, cvs: Path | None) -> DemoInput:
    """Read the user's folders, before anything is started or written.

    Raises:
        DemoInputError: if a folder has no posting or no CV that can be read.
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
def demo_runtime(demo_input: DemoInput, *, claude: bool) -> Iterator[Runtime]:
    """The runtime of a demo: a database and an inbox of its own, and an environment that points at the local server.

    Without `claude` the environment has no key for Claude: nothing that the demo does is paid for.

    Raises:
        DemoInputError: if the configured database has postings of the real API.
    """
    with open_runtime(database_name=demo_input.database_name) as runtime:
        _refuse_real_postings(runtime.database)
        with _local_api(runtime, demo_input, claude=claude) as inbox:
            yield replace(runtime, inbox=inbox)


@contextmanager
def _local_api(runtime: Runtime, demo_input: DemoInput, *, claude: bool) -> Iterator[Path]:
    """The local server and the demo's environment; gives the inbox."""
    clock, recorded = demo_input.clock, demo_input.records
    server = ActiveJobsServer(
        GeneratedCorpus(per_hour=POSTINGS_PER_HOUR) if recorded is None else RecordedCorpus(recorded),
        now=(lambda: clock) if clock else wall_time,
        all_ages=recorded is not None,
    )
    # Not the configured inbox: that one has CVs of real people.
    inbox = runtime.home / ("inbox" if recorded is None else f"inbox-{demo_input.database_name}")
    inbox.mkdir(PRIVATE, exist_ok=True)
    with server:
        variables: dict[str, str | None] = {
            "ACTIVE_JOBS_BASE_URL": server.url,
            "RAPIDAPI_KEY": "demo",
            "ACTIVE_JOBS_GENERATION": "g1",
            "JOBMATCH_CLOCK": clock.isoformat() if clock else None,
            "CV_INBOX": str(inbox),
        }
        if not claude:
            variables["ANTHROPIC_API_KEY"] = None
        with environment(variables):
            yield inbox


def has_run(runtime: Runtime, demo_input: DemoInput) -> bool:
    """Whether a demo on this input was completed before."""
    return _state_file(runtime, demo_input).exists()


def first_day(database: Database) -> date | None:
    """The day of the oldest posting, at which the partitions of a demo begin; None without one."""
    with database.read() as connection:
        oldest: datetime | None = connection.scalar(text("SELECT min(collection_hour) FROM jobs"))
    return oldest and oldest.date()


def run_demo(runtime: Runtime, demo_input: DemoInput, console: Console) -> DemoOutcome:
    """Collect, embed, read CVs, match and count; work that is done is not repeated.

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
            (f"Putting {len(demo_input.cvs)} CVs into the inbox", lambda: _fill_inbox(runtime.inbox, demo_input.cvs)),
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
    with database.read() as connection:
        return unreadable_documents(connection, most=_MOST_UNREADABLE)


def _collect(defs: dg.Definitions, instance: dg.DagsterInstance, demo_input: DemoInput, until: datetime) -> None:
    if demo_input.records is not None:
        config = {"ops": {"sweep_history": {"config": {"endpoint": "6m"}}}}
        run_job(defs, instance, "backfill_history", run_config=config)
        return
    first = until - (HOURS_COLLECTED - 1) * HOUR
    run_job(defs, instance, "hourly_collection", tags=hour_range(first, until))


def _until(runtime: Runtime, demo_input: DemoInput) -> datetime:
    """The last hour of the demo's data, which is that of the first completed demo."""
    file = _state_file(runtime, demo_input)
    if file.exists():
        return datetime.fromisoformat(json.loads(file.read_text())["until"])
    return latest_collectable_hour(demo_input.clock or wall_time())


def _state_file(runtime: Runtime, demo_input: DemoInput) -> Path:
    """A file beside the data, for each database another."""
    where = hashlib.sha256(runtime.database.url.encode()).hexdigest()[:10] if not runtime.embedded else "embedded"
    return runtime.home / f"demo-{demo_input.database_name}-{where}.json"


def _fill_inbox(inbox: Path, cvs: list[CvSource]) -> None:
    written_at = wall_time().timestamp() - _STILL_SECONDS
    for cv in cvs:
        path = inbox / f"{cv.user_key}{cv.suffix}"
        if not path.exists() or path.read_bytes() != cv.content:
            path.write_bytes(cv.content)
            os.utime(path, (written_at, written_at))


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
            f"The configured database has postings of {host}; the demo would mix invented ones into them. Unset "
            "JOBMATCH_DATABASE_URL, or set it to an empty database."
        )


@dataclass(frozen=True)
class _Rows:
    """Row counts of all tables, and the newest transaction at that moment."""

    counts: dict[str, int]
    written: dict[str, int]
    transaction: int
    database: Database

    @classmethod
    def read(cls, database: Database, since: int | None = None) -> "_Rows":
        tables = (
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
            "AND relnamespace = 'public'::regnamespace AND relname !~ '^_?yoyo' ORDER BY 1"
        )
        counts, written = {}, {}
        with database.begin() as connection:
            newest_id = int(connection.scalar(text("SELECT pg_current_xact_id()::text::bigint")) or 0)
            for table in connection.scalars(text(tables)).all():
                query = f'SELECT count(*), count(*) FILTER (WHERE xmin::text::bigint > :since) FROM "{table}"'
                counts[table], written[table] = connection.execute(text(query), {"since": since or newest_id}).one()
        return cls(counts, written, newest_id, database)

    def changed_since(self, before: "_Rows") -> int:
        """Number of rows that were written or removed since then."""
        now = _Rows.read(self.database, since=before.transaction)
        removed = sum(max(0, before.counts.get(table, 0) - count) for table, count in now.counts.items())
        return sum(now.written.values()) + removed
