"""The work of a night as steps, each run in a process of its own that stops at a chosen point.

The steps are those of the jobs, called without Dagster. Vectors come from a hash of the text instead of a model, so
that a process is ready at once; everything else is real: PostgreSQL, HTTP, files.
"""

import hashlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, event, text

from jobmatch_dagster.core.operations.next_steps import next_step
from jobmatch_dagster.core.progress import Progress, no_progress
from jobmatch_dagster.core.raw.windows import latest_collectable_hour
from jobmatch_dagster.db.connection import bulk
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster.errors import JobmatchError
from jobmatch_dagster.pipeline.catalog.embed import embed_postings
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.enrichment.ask import enrich_pairs
from jobmatch_dagster.pipeline.explain.page import explain
from jobmatch_dagster.pipeline.matching.match import match_new_postings
from jobmatch_dagster.pipeline.matching.settings import MatchSettings
from jobmatch_dagster.pipeline.notifications import digests
from jobmatch_dagster.pipeline.notifications.files import FILES, Files
from jobmatch_dagster.pipeline.notifications.make import Limits
from jobmatch_dagster.pipeline.operations import erase
from jobmatch_dagster.pipeline.operations.repair import repair_posting
from jobmatch_dagster.pipeline.profiles.embed import embed_profiles
from jobmatch_dagster.pipeline.profiles.ingest import ingest_cv, read_ahead
from jobmatch_dagster.pipeline.raw.collect import collect_hours
from jobmatch_dagster.resources.active_jobs import ActiveJobsResource
from jobmatch_dagster.resources.active_jobs_client import ActiveJobsClient
from jobmatch_dagster.resources.claude import ClaudeResource
from jobmatch_dagster.resources.claude_client import ClaudeClient
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource, Encoded
from jobmatch_dagster.resources.matching import MatchingResource
from jobmatch_dagster_tests.chaos.namespace import enter_namespace
from jobmatch_dagster_tests.support.claude_stand_in import KEY
from jobmatch_dagster_tests.support.world import HOUR, NOW

DIRECT, BATCHED, FORGOTTEN = "ada", "ben", "cyd"
_DIMENSION = 16
NAMESPACE = "CHAOS_NAMESPACE"
"""Variable of a child: the network namespace in which it works."""


@dataclass(frozen=True)
class Place:
    """Where a night works: what another process needs to know."""

    database_url: str
    api_url: str
    claude_url: str
    inbox: Path
    digests: Path

    @property
    def variables(self) -> dict[str, str]:
        """Environment of the process."""
        return {"JOBMATCH_DATABASE_URL": self.database_url, "ANTHROPIC_BASE_URL": self.claude_url}


class HashedEmbedder(EmbedderResource):
    """Vectors from a hash of each text: the same text has the same vector, in microseconds."""

    @property
    def model(self) -> str:
        return "hashed"

    def encode(self, texts: Sequence[str], on_progress: Progress = no_progress) -> Encoded:
        vectors = np.empty((len(texts), _DIMENSION), np.float32)
        for row, said in enumerate(texts):
            seed = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8], "big")
            vectors[row] = np.random.default_rng(seed).standard_normal(_DIMENSION)
        on_progress(len(texts), len(texts))
        return Encoded(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), 0)


_EMBEDDER = HashedEmbedder(name="", backend="torch-fp32")
_MATCHING = MatchingResource()
_SETTINGS = MatchSettings(_EMBEDDER.model, _MATCHING.weights(), _MATCHING.keep_best)


def _claude(**settings: Any) -> ClaudeResource:
    return ClaudeResource(api_key=KEY, retry_wait_s=0.0, lost_batch_wait_s=0.0, concurrency=1, timeout_s=10, **settings)


def _migrate(place: Place, database: Database) -> None:
    migrate(database)


def _collect(place: Place, database: Database) -> None:
    _collect_hours(database, place.api_url, HOUR, NOW)


def _collect_hours(database: Database, api_url: str, last: datetime, now: datetime) -> None:
    def client() -> ActiveJobsClient:
        made = ActiveJobsResource(base_url=api_url, api_key="k").client()
        made.sleep, made.timeouts_s = (lambda _: None), (5, 5)
        return made

    hours = [last - n * timedelta(hours=1) for n in range(3)]
    collect_hours(database, client, hours, now=now, max_pages_per_hour=10, run_id="chaos")


def hour_of_work(database: Database, api_url: str, now: datetime) -> None:
    """Collect the newest hours, load, embed and match."""
    _collect_hours(database, api_url, latest_collectable_hour(now), now)
    load_pages(database, "chaos")
    embed_postings(database, _EMBEDDER, "chaos")
    match_new_postings(database, _SETTINGS, "chaos")


def _load(place: Place, database: Database) -> None:
    load_pages(database, "chaos")


def _ingest(place: Place, database: Database) -> None:
    keys, today = [DIRECT, BATCHED, FORGOTTEN], NOW.date()
    read = read_ahead(database, keys, inbox=place.inbox, wall_time=wall_time, today=today)
    for key in keys:
        options = {"inbox": place.inbox, "wall_time": wall_time, "today": today}
        ingest_cv(database, key, run_id="chaos", readings=read, **options)  # type: ignore[arg-type]


def _embed(place: Place, database: Database) -> None:
    embed_postings(database, _EMBEDDER, "chaos")
    embed_profiles(database, _EMBEDDER, "chaos")


def _match(place: Place, database: Database) -> None:
    match_new_postings(database, _SETTINGS, "chaos")


def _ask(place: Place, database: Database) -> None:
    enrich_pairs(database, _claude(batch_min=10_000), _MATCHING, "chaos", [DIRECT])


def _batch(place: Place, database: Database) -> None:
    """Submit, then fetch the results: as often as the sensor would ask for it."""
    for _ in range(4):
        enrich_pairs(database, _claude(batch_min=1), _MATCHING, "chaos", [BATCHED])


def _explain(place: Place, database: Database) -> None:
    explain(database, _SETTINGS, DIRECT, _some_posting(database), now=NOW, embedder=_EMBEDDER, claude=_claude())


def _digest(place: Place, database: Database) -> None:
    digests.send_digests(
        database,
        {FILES: Files(place.digests)},
        day=NOW.date().isoformat(),
        hourly=False,
        now=NOW,
        limits=Limits(minimum_score=0, most=1_000),
        most_attempts=50,
        retry_now=True,
    )


def _repair(place: Place, database: Database) -> None:
    repair_posting(database, _some_posting(database), embedder=_EMBEDDER, settings=_SETTINGS, run_id="chaos")


def _forget(place: Place, database: Database) -> None:
    folders = (place.inbox, place.digests)
    erasures = place.digests.parent / "erasures"
    erase.erase_user(database, _claude(), FORGOTTEN, inboxes=folders, erasures=erasures, erase_history=lambda _: {})


STEPS: dict[str, Callable[[Place, Database], None]] = {
    "migrate": _migrate,
    "collect": _collect,
    "load": _load,
    "ingest": _ingest,
    "embed": _embed,
    "match": _match,
    "ask": _ask,
    "batch": _batch,
    "explain": _explain,
    "digest": _digest,
    "repair": _repair,
    "forget": _forget,
}
# The job whose run an operator would find, by step.
JOBS = {
    "collect": "hourly_collection", "load": "hourly_collection", "embed": "hourly_collection",
    "match": "hourly_collection", "ask": "hourly_collection", "ingest": "ingest_cv",
    "batch": "collect_claude_batches", "explain": "explain_match", "digest": "daily_digests",
    "repair": "repair_posting", "forget": "forget_user",
}  # fmt: skip


@dataclass
class Ended:
    """How a step ended: `points` are the names of the moments that it passed, `expected` says that an error names its
    remedy.

    `error` is the class of what it raised, `seen` what an operator reads; both are empty after success.
    """

    points: list[str] = field(default_factory=list)
    error: str = ""
    seen: str = ""
    expected: bool = True
    seconds: float = 0.0
    killed: bool = False

    @property
    def succeeded(self) -> bool:
        """Whether the step did its work."""
        return not (self.error or self.killed)


def run_in_child(step: str, place: Place, at: int | None, pipe: Connection, variables: dict[str, str | None]) -> None:
    """In the child: run a step; at the point with this number say so and wait for the word to go on."""
    os.environ.update({name: value for name, value in {**place.variables, **variables}.items() if value is not None})
    time.tzset()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if namespace := variables.get(NAMESPACE):
        enter_namespace(namespace)
    ended, database = Ended(), Database(place.database_url)

    def reach(name: str) -> None:
        ended.points.append(name)
        if len(ended.points) - 1 == at:
            pipe.send(name)
            pipe.recv()

    started = time.monotonic()
    with points_of(database.engine, reach):
        try:
            STEPS[step](place, database)
        except Exception as error:  # noqa: BLE001 (the parent judges it)
            ended.error, ended.expected = _innermost(error), isinstance(error, JobmatchError)
            said = str(error).strip().splitlines()
            ended.seen = f"{said[0] if said else ended.error} → {next_step(ended.error, JOBS.get(step, ''))}"
    ended.seconds = time.monotonic() - started
    pipe.send(ended)


def _some_posting(database: Database) -> str:
    with database.read() as connection:
        found = "SELECT external_id FROM jobs JOIN user_job_matches ON job_id = jobs.id ORDER BY external_id LIMIT 1"
        return str(connection.scalar(text(found)))


def _innermost(error: BaseException) -> str:
    while isinstance(error.__cause__, BaseException) and not isinstance(error, JobmatchError):
        error = error.__cause__
    return type(error).__name__


@contextmanager
def points_of(engine: Engine, reach: Callable[[str], None]) -> Iterator[None]:
    """Call `reach` before and after each statement, commit, COPY, call to a service and write of files."""

    def statement(when: str) -> Callable[..., None]:
        return lambda _c, _cursor, said, *_: reach(f"{when} {' '.join(said.split()[:3])}")

    listeners = [(f"{when}_cursor_execute", statement(when)) for when in ("before", "after")]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    wrapped = [
        (engine.dialect, "do_commit", "commit"),
        (bulk, "_copy", "COPY"),
        (ActiveJobsClient, "_get", "a page"),
        (ClaudeClient, "ask", "an answer"),
        (ClaudeClient, "create_batch", "a batch"),
        (ClaudeClient, "results", "results"),
        (Files, "send", "files of a digest"),
        (erase, "delete_files_of_user", "erasing files"),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _ in wrapped]
    for (owner, name, label), (_, _, original) in zip(wrapped, originals, strict=True):
        setattr(owner, name, _around(original, label, reach))
    try:
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)
        for name, listener in listeners:
            event.remove(engine, name, listener)


def _around(original: Callable[..., Any], label: str, reach: Callable[[str], None]) -> Callable[..., Any]:
    def around(*args: Any, **kwargs: Any) -> Any:
        reach(f"before {label}")
        result = original(*args, **kwargs)
        reach(f"after {label}")
        return result

    return around
