"""`make bench`: how the pipeline compares with named baselines, measured in the same run, as ratios.

Put here what is measured against what. A ratio carries over to another machine, a second does not; nothing here
fails on a figure.
"""

import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from jobmatch_dagster.core.calibration import DEFAULT_CALIBRATION
from jobmatch_dagster.core.embedding_text import posting_text
from jobmatch_dagster.core.matching import PostingBlock, ProfileBlock, match_blocks
from jobmatch_dagster.core.normalise import normalise_record
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.scoring import Weights
from jobmatch_dagster.db.bulk import stage
from jobmatch_dagster.db.embedded import embedded_postgres
from jobmatch_dagster.db.engine import Database, ensure_database
from jobmatch_dagster.db.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.migrations import migrate
from jobmatch_dagster.demo.bench_claude import print_costs
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.resources.embedder import EmbedderResource

ROUNDS = 7
POSTINGS = 5_000
USERS, POSTINGS_MATCHED, DIMENSION = 1_000, 5_000, 384
TEXTS = 128
_START = datetime(2026, 11, 1, tzinfo=UTC)
_TOP = 200
# The page that the postings come from.
_PAGE = """
    INSERT INTO job_pages (sweep_id, generation, endpoint, filters, request, page_offset, status, headers, body, sha256,
                           last_page, fetched_at)
    VALUES (gen_random_uuid(), 'g1', '6m', '{}', '{}', 0, 200, '{}', '', '', true, now())
"""


@dataclass(frozen=True)
class Measured:
    """Medians in seconds of the same work, done by the pipeline and by the baseline."""

    what: str
    baseline: str
    seconds: float
    baseline_seconds: float

    @property
    def ratio(self) -> float:
        """How many times the baseline's time the pipeline takes."""
        return self.seconds / self.baseline_seconds


def main() -> None:
    """Measure everything and print one table."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(f"Medians of {ROUNDS} rounds, each in turn with its baseline.", highlight=False)
    table = Table("Pipeline", "Baseline", "Ratio", "Pipeline, s", "Baseline, s")
    for measured in _all(console):
        table.add_row(
            measured.what,
            measured.baseline,
            f"{measured.ratio:.2f}",
            f"{measured.seconds:.3f}",
            f"{measured.baseline_seconds:.3f}",
        )
    console.print(table)
    print_costs(console)


def _all(console: Console) -> Iterator[Measured]:
    for number, measure in enumerate((_loading, _unchanged, _matching, _embedding), start=1):
        console.print(f"{number}/4 {(measure.__doc__ or '').splitlines()[0]}", style="dim", highlight=False)
        yield measure()


def _loading() -> Measured:
    """Loading new postings, against a bare COPY of the same rows."""
    with _database() as database:
        postings = _postings(POSTINGS)
        seconds = _in_turn(
            lambda: _merge(database, postings), lambda: _copy(database, postings), before=lambda: _empty(database)
        )
    return Measured(f"COPY and merge of {POSTINGS:,} new postings", "COPY of the same rows, no index", *seconds)


def _unchanged() -> Measured:
    """Seeing the same postings again, against loading them."""
    with _database() as database:
        postings = _postings(POSTINGS)

        def load_anew() -> None:
            _empty(database)
            _merge(database, postings)

        seconds = _in_turn(lambda: _merge(database, postings), load_anew, baseline_first=True)
    return Measured(f"the same {POSTINGS:,} postings again", "loading them", *seconds)


def _matching() -> Measured:
    """Scoring users times postings in five parts, against one matrix product with its best."""
    records = _postings(POSTINGS_MATCHED)
    rng = np.random.default_rng(1)
    users, jobs = _unit(rng, USERS), _unit(rng, POSTINGS_MATCHED)
    people = [records[int(place)] for place in rng.integers(0, len(records), USERS)]
    profiles = ProfileBlock(
        users,
        [person.ai_key_skills for person in people],
        [person.ai_experience_level for person in people],
        [person.ai_taxonomies_a for person in people],
        [[person.ai_work_arrangement] if person.ai_work_arrangement else None for person in people],
    )
    postings = PostingBlock(
        jobs,
        [record.ai_key_skills for record in records],
        [record.ai_experience_level for record in records],
        [record.ai_taxonomies_a for record in records],
        [record.ai_work_arrangement for record in records],
    )
    seconds = _in_turn(
        lambda: match_blocks(profiles, postings, DEFAULT_CALIBRATION, Weights()),
        lambda: np.argpartition(-(users @ jobs.T), _TOP, axis=1)[:, :_TOP],
    )
    return Measured(f"five parts of {USERS:,} x {POSTINGS_MATCHED:,} pairs", f"sgemm and top {_TOP}", *seconds)


def _embedding() -> Measured:
    """Embedding texts, against the model's own encode."""
    from jobmatch_dagster.resources.embedder import _load

    embedder = EmbedderResource()
    texts = [
        posting_text(
            title=posting.title, key_skills=posting.ai_key_skills, keywords=posting.ai_keywords,
            core_responsibilities=posting.ai_core_responsibilities,
            requirements_summary=posting.ai_requirements_summary, description=posting.description,
        )
        for posting in _postings(TEXTS)
    ]  # fmt: skip
    embedder.encode(texts[:8])
    seconds = _in_turn(lambda: embedder.encode(texts), lambda: _load("").encode(texts, show_progress_bar=False))
    return Measured(f"{TEXTS} texts embedded, cuts counted", "model.encode, fp32", *seconds)


def _in_turn(
    pipeline: Callable[[], object],
    baseline: Callable[[], object],
    *,
    before: Callable[[], object] = lambda: None,
    baseline_first: bool = False,
) -> tuple[float, float]:
    """Median seconds of both; they take turns, so that what else the machine does hits both alike."""
    taken: dict[bool, list[float]] = {False: [], True: []}
    order = (True, False) if baseline_first else (False, True)
    for _ in range(ROUNDS):
        for is_baseline in order:
            before()
            gc.collect()
            began = time.perf_counter()
            (baseline if is_baseline else pipeline)()
            taken[is_baseline].append(time.perf_counter() - began)
    return statistics.median(taken[False]), statistics.median(taken[True])


@contextmanager
def _database() -> Iterator[Database]:
    """A migrated database on a server of its own, gone at the end of the block."""
    with tempfile.TemporaryDirectory(prefix="jobmatch-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with embedded_postgres(Path(folder)) as url:
            ensure_database(url)
            database = Database(url)
            migrate(database)
            with database.begin() as connection:
                connection.execute(text(_PAGE))
            yield database
            database.dispose()


def _postings(count: int) -> list[Posting]:
    return [
        normalise_record(record)
        for n in range(-(-count // 500))
        for record in postings_of_hour(_START + timedelta(hours=n), count=500)
    ][:count]


def _merge(database: Database, postings: list[Posting]) -> None:
    now = datetime.now(UTC)
    with database.begin() as connection:
        merge_postings(
            connection,
            (SightedPosting(posting, 1, place, now) for place, posting in enumerate(postings)),
            "bench",
        )


def _copy(database: Database, postings: list[Posting]) -> None:
    with database.begin() as connection:
        rows = ([getattr(posting, column) for column in POSTING_COLUMNS] for posting in postings)
        stage(connection, "jobs", POSTING_COLUMNS, rows, name="bare")


def _empty(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("TRUNCATE jobs CASCADE"))


def _unit(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    vectors = rng.normal(size=(count, DIMENSION)).astype(np.float32)
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


if __name__ == "__main__":
    main()
