"""`make bench`: the pipeline's time as a ratio to named baselines, measured in the same run.

Ratios carry over to another machine, seconds do not. No result makes the benchmark fail.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from jobmatch_dagster.bench.claude import print_costs
from jobmatch_dagster.bench.legacy import print_differences
from jobmatch_dagster.bench.matching import (
    LOAD,
    Sizes,
    bench_database,
    catalog,
    hour,
    in_turn,
    kernel,
    legacy,
    one_user,
)
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.quality.agreement import top_overlap
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.connection.bulk import stage
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.quality.evaluate import add_postings
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource, load_model
from jobmatch_dagster.resources.embedding_backends import torch_encoder

_START = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Measured:
    """The median seconds of the pipeline and of its baseline for the same work."""

    work: str
    baseline: str
    seconds: float
    baseline_seconds: float

    @property
    def ratio(self) -> float:
        """The pipeline's time divided by the baseline's."""
        return self.seconds / self.baseline_seconds


def main(arguments: Sequence[str] = ()) -> None:
    """Measure everything and print one table. `--load` measures at full size, which takes most of an hour."""
    console = Console(width=None if sys.stdout.isatty() else 140)
    print_ratios(console, LOAD if "--load" in arguments else Sizes())
    print_differences(console)
    print_costs(console)


def print_ratios(console: Console, sizes: Sizes) -> None:
    """Measure the pipeline at these sizes and print the ratios to its baselines."""
    console.print(f"Medians of {sizes.rounds} rounds; the pipeline and its baseline take turns.", highlight=False)
    table = Table("Pipeline", "Baseline", "Ratio", "Pipeline, s", "Baseline, s")
    for measured in _all(console, sizes):
        table.add_row(
            measured.work,
            measured.baseline,
            f"{measured.ratio:.2f}",
            f"{measured.seconds:.3f}",
            f"{measured.baseline_seconds:.3f}",
        )
        # Printed at once: a benchmark that is stopped has shown what it measured.
        console.print(f"{measured.work}: {measured.ratio:.2f}", style="dim", highlight=False)
    console.print(table)


def _all(console: Console, sizes: Sizes) -> Iterator[Measured]:
    measurements: list[Callable[[Sizes], Iterator[Measured]]] = [_loading, _unchanged, _matching, _embedding, _catalogs]
    for number, measure in enumerate(measurements, start=1):
        console.print(f"{number}/{len(measurements)} ...", style="dim", highlight=False)
        yield from measure(sizes)


def _loading(sizes: Sizes) -> Iterator[Measured]:
    """Loading new postings, against a plain COPY of the same rows."""
    with _pages_database() as database:
        postings = _postings(sizes.loaded)
        seconds = in_turn(
            sizes.rounds,
            lambda: _merge(database, postings),
            lambda: _copy(database, postings),
            before=lambda: _empty(database),
        )
    yield Measured(f"COPY and merge of {sizes.loaded:,} new postings", "COPY of the same rows, no index", *seconds)


def _unchanged(sizes: Sizes) -> Iterator[Measured]:
    """Loading the same postings again, against loading them for the first time."""
    with _pages_database() as database:
        postings = _postings(sizes.loaded)

        def load_anew() -> None:
            _empty(database)
            _merge(database, postings)

        seconds = in_turn(sizes.rounds, lambda: _merge(database, postings), load_anew, baseline_first=True)
    yield Measured(f"the same {sizes.loaded:,} postings again", "loading them for the first time", *seconds)


def _matching(sizes: Sizes) -> Iterator[Measured]:
    """Matching, against its own parts, pgvector and the legacy loop."""
    yield Measured(*kernel(sizes))
    yield from (Measured(*timed) for timed in hour(sizes, _postings(sizes.postings)))
    yield from (Measured(*timed) for timed in one_user(sizes, _postings(sizes.matched_with_one)))
    yield Measured(*legacy(sizes, _postings(sizes.postings)))


def _embedding(sizes: Sizes) -> Iterator[Measured]:
    """Embedding texts, against the model's own encode in float32, with the overlap of both rankings."""
    reference = EmbedderResource(backend="torch-fp32")
    embedder = EmbedderResource()
    # Real postings are longer than the generated ones: every second description is repeated.
    texts = [
        posting_text_to_embed(posting if place % 2 else replace(posting, description=(posting.description or "") * 3))
        for place, posting in enumerate(_postings(sizes.texts))
    ]
    encode = torch_encoder(load_model("")).encode
    pieces = [piece for text_ in texts for piece in text_.split("\n")]
    embedder.encode(texts[:8])
    seconds = in_turn(sizes.rounds, lambda: embedder.encode(texts), lambda: encode(pieces))
    overlap = top_overlap(embedder.encode(texts).vectors, reference.encode(texts).vectors)
    work = f"{sizes.texts} texts embedded ({embedder.backend}), top-100 overlap {overlap:.3f}"
    yield Measured(work, "model.encode, fp32", *seconds)


def _catalogs(sizes: Sizes) -> Iterator[Measured]:
    """An hour with many open postings in the catalog, against one with few; nothing without `sizes.catalogs`."""
    if sizes.catalogs is None:
        return
    few, many = sizes.catalogs
    postings = _postings(sizes.postings)
    seconds_few, seconds_many = catalog(postings, few), catalog(postings, many)
    yield Measured(f"an hour with {many:,} postings in the catalog", f"with {few:,}", seconds_many, seconds_few)


@contextmanager
def _pages_database() -> Iterator[Database]:
    """A throw-away database with one page, which the postings refer to."""
    with bench_database() as database:
        with database.begin() as connection:
            add_postings(connection, [], wall_time())
        yield database


def _postings(count: int) -> list[Posting]:
    return [
        normalise_record(record)
        for n in range(-(-count // 500))
        for record in postings_of_hour(_START + timedelta(hours=n), count=500)
    ][:count]


def _merge(database: Database, postings: list[Posting]) -> None:
    now = wall_time()
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
