"""The demo: real runs of the real jobs, on the local Active Jobs server.

Put here the order of the demo's steps. Its server, corpus and CVs have modules of their own, its table is in
`report.py`.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from jobmatch_dagster.demo.cvs import CvSource, read_cv_sources
from jobmatch_dagster.demo.pages import newest, read_pages
from jobmatch_dagster.demo.server import ActiveJobsServer, GeneratedCorpus, RecordedCorpus
from jobmatch_dagster.resources.clock import CLOCK_VARIABLE
from jobmatch_dagster.runtime import INBOX_VARIABLE, Runtime

# 24 hours of this many postings are the thousand that the demo collects.
POSTINGS_PER_HOUR = 42
HOURS_COLLECTED = 24
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class DemoInput:
    """What the demo works on: generated postings and its own CVs, or the user's."""

    records: list[dict[str, Any]] | None
    cvs: list[CvSource] | None
    passed_over: list[tuple[str, str]]

    @property
    def label(self) -> str:
        """Name of the database on the embedded server: recorded pages have one of their own, by content."""
        if self.records is None:
            return "jobmatch"
        content = json.dumps(self.records, sort_keys=True, default=str).encode()
        return f"demo_{hashlib.sha256(content).hexdigest()[:10]}"

    @property
    def clock(self) -> datetime | None:
        """The time taken as now: just after the newest recorded posting."""
        return newest(self.records) + timedelta(hours=2) if self.records else None


def read_input(pages: Path | None, cvs: Path | None) -> DemoInput:
    """Read the user's folders, before anything is started or written.

    Raises:
        DemoInputError: if a folder holds no posting or no CV.
    """
    passed_over: list[tuple[str, str]] = []
    records = sources = None
    if pages is not None:
        found = read_pages(pages)
        records, passed_over = found.records, passed_over + found.passed_over
    if cvs is not None:
        listed = read_cv_sources(cvs)
        sources, passed_over = listed.cvs, passed_over + listed.passed_over
    return DemoInput(records, sources, passed_over)


@contextmanager
def demo_surroundings(runtime: Runtime, demo_input: DemoInput, *, claude: bool) -> Iterator[ActiveJobsServer]:
    """The local server, and an environment that points at it and at no paid API."""
    with ExitStack() as stack:
        corpus = (
            RecordedCorpus(demo_input.records)
            if demo_input.records is not None
            else GeneratedCorpus(per_hour=POSTINGS_PER_HOUR)
        )
        clock = demo_input.clock
        server = stack.enter_context(
            ActiveJobsServer(corpus, now=(lambda: clock) if clock else (lambda: datetime.now(UTC)))
        )
        variables = {"ACTIVE_JOBS_BASE_URL": server.url, "RAPIDAPI_KEY": "demo", "ACTIVE_JOBS_GENERATION": "g1"}
        if clock:
            variables[CLOCK_VARIABLE] = clock.isoformat()
        if demo_input.label != "jobmatch":
            inbox = runtime.home / f"inbox-{demo_input.label}"
            inbox.mkdir(exist_ok=True)
            variables[INBOX_VARIABLE] = str(inbox)
        before = dict(os.environ)
        os.environ.update(variables)
        if not claude:
            os.environ.pop("ANTHROPIC_API_KEY", None)
        stack.callback(_restore, before)
        yield server
