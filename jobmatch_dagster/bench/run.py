"""`make bench`: the pipeline's time as a ratio to named baselines, measured in the same run.

Ratios carry over to another machine, seconds do not. No result makes the benchmark fail.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from jobmatch_dagster.bench.claude import print_costs
from jobmatch_dagster.bench.legacy import print_differences
from jobmatch_dagster.bench.machine import machine_facts
from jobmatch_dagster.bench.matching import (
    LOAD,
    QUICK,
    Sizes,
    bench_database,
    catalog,
    hour,
    hours_of,
    kernel,
    legacy,
    one_user,
)
from jobmatch_dagster.bench.page import Growth, Results, write_results
from jobmatch_dagster.bench.timing import Measured, in_turn
from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.matching.embedding_text import posting_text_to_embed
from jobmatch_dagster.core.posting import POSTING_COLUMNS, Posting
from jobmatch_dagster.core.quality.agreement import top_overlap
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_postings
from jobmatch_dagster.db.connection.bulk import copy_into
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.quality.evaluate import add_postings
from jobmatch_dagster.resources.clock import wall_time
from jobmatch_dagster.resources.embedder import EmbedderResource, load_model
from jobmatch_dagster.resources.embedding_backends import torch_encoder

_START = datetime(2026, 11, 1, tzinfo=UTC)
_COPY = "COPY of the same rows into the same indexed table"
_PROVENANCE = ("page_id", "page_position", "page_fetched_at", "collection_hour", "run_id")


def main(arguments: Sequence[str] = ()) -> None:
    """Measure everything, print one table and write the results.

    Args:
        arguments: `--quick` takes small sizes and one repeat, which shows only that everything runs; `--load` takes
            the full size, which takes most of an hour. `--out FOLDER` is where the results are written (the working
            folder); a quick run writes none without it.
    """
    parser = argparse.ArgumentParser(prog="python -m jobmatch_dagster.bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="small sizes, one repeat")
    size.add_argument("--load", action="store_true", help="the full size")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the results are written")
    chosen = parser.parse_args(arguments)
    sizes = QUICK if chosen.quick else LOAD if chosen.load else Sizes()
    console = Console(width=None if sys.stdout.isatty() else 140)
    results = measure(console, sizes)
    print_differences(console)
    print_costs(console)
    if (folder := chosen.out or (None if chosen.quick else Path())) is not None:
        write_results(results, folder)
        console.print("Written: bench/results.json, docs/performance.md")


def measure(console: Console, sizes: Sizes) -> Results:
    """Measure the pipeline at these sizes and print the ratios to its baselines."""
    at = wall_time()
    with bench_database() as database:
        machine = machine_facts(database)
    console.print(f"{sizes.rounds} rounds; the pipeline and its baseline take turns.", highlight=False)
    table = Table("Pipeline", "Baseline", "Ratio", "Goal", "Pipeline, s", "Baseline, s")
    found = []
    for row in _all(console, sizes):
        found.append(row)
        goal = "" if row.goal is None else f"{row.goal:.2f}"
        ratio = f"[red]{row.ratio:.2f}[/red]" if row.reached is False else f"{row.ratio:.2f}"
        table.add_row(row.work, row.baseline, ratio, goal, f"{row.pipeline.median:.3f}", f"{row.floor.median:.3f}")
        # Printed at once: a benchmark that is stopped has shown what it measured.
        console.print(f"{row.work}: {row.ratio:.2f}", style="dim", highlight=False)
    console.print(table)
    console.print("Growth ...", style="dim", highlight=False)
    return Results(at, machine, found, list(_growth(sizes)))


def _growth(sizes: Sizes) -> Iterator[Growth]:
    """The same work at an eighth, a quarter, half and all of its size."""
    eighths = [max(1, sizes.loaded * part // 8) for part in (1, 2, 4, 8)]
    postings = _postings(sizes.loaded)
    with _pages_database() as database:
        yield Growth(
            "loading new postings",
            "postings",
            {
                count: in_turn(
                    sizes.growth_rounds,
                    partial(_merge, database, postings[:count]),
                    lambda: None,
                    before=lambda: _empty(database),
                )[0]
                for count in eighths
            },
        )
    users = [max(1, sizes.users * part // 8) for part in (1, 2, 4, 8)]
    matched = hours_of(_postings(sizes.postings), users, sizes.growth_rounds)
    yield Growth(f"an hour of {sizes.postings:,} postings", "users", matched)


def _all(console: Console, sizes: Sizes) -> Iterator[Measured]:
    measurements: list[Callable[[Sizes], Iterator[Measured]]] = [
        _loading,
        _seen_before,
        _matching,
        _embedding,
        _catalogs,
    ]
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
    yield Measured(f"merge of {sizes.loaded:,} new postings", _COPY, *seconds, goal=round(1 / 0.6, 2))


def _seen_before(sizes: Sizes) -> Iterator[Measured]:
    """Loading postings that are stored already, unchanged and all changed, against a plain COPY of the same rows."""
    with _pages_database() as database:
        postings = _postings(sizes.loaded)
        versions = cycle(
            [replace(posting, title=f"{posting.title} {turn}", record_hash=f"{posting.record_hash}{turn}")
             for posting in postings]
            for turn in "ab"
        )  # fmt: skip

        def copy() -> None:
            _empty_bare(database)
            _copy(database, postings)

        _merge(database, postings)
        unchanged = in_turn(sizes.rounds, lambda: _merge(database, postings), copy)
        changed = in_turn(sizes.rounds, lambda: _merge(database, next(versions)), copy)
    yield Measured(f"the same {sizes.loaded:,} postings again", _COPY, *unchanged, goal=0.5)
    yield Measured(f"all {sizes.loaded:,} changed", _COPY, *changed, goal=round(1 / 0.35, 2))


def _matching(sizes: Sizes) -> Iterator[Measured]:
    """Matching, against its own parts, pgvector and the legacy loop."""
    yield kernel(sizes)
    yield from hour(sizes, _postings(sizes.postings))
    yield from one_user(sizes, _postings(sizes.matched_with_one))
    yield legacy(sizes, _postings(sizes.postings))


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
    yield Measured(work, "model.encode, fp32", *seconds, goal=0.4)


def _catalogs(sizes: Sizes) -> Iterator[Measured]:
    """An hour with many open postings in the catalog, against one with few; nothing without `sizes.catalogs`."""
    if sizes.catalogs is None:
        return
    few, many = sizes.catalogs
    postings = _postings(sizes.postings)
    taken_few, taken_many = (catalog(postings, count, sizes.rounds) for count in (few, many))
    yield Measured(f"an hour with {many:,} postings in the catalog", f"with {few:,}", taken_many, taken_few, goal=1.1)


@contextmanager
def _pages_database() -> Iterator[Database]:
    """A throw-away database with one page, which the postings refer to."""
    with bench_database() as database:
        with database.begin() as connection:
            add_postings(connection, [], wall_time())
            connection.exec_driver_sql("CREATE TABLE bare (LIKE jobs INCLUDING ALL)")
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
    """COPY into a table with the columns and indexes of `jobs`."""
    now = wall_time()
    with database.begin() as connection:
        rows = (
            [*(getattr(posting, column) for column in POSTING_COLUMNS), 1, place, now, now, "bench"]
            for place, posting in enumerate(postings)
        )
        copy_into(connection, "bare", (*POSTING_COLUMNS, *_PROVENANCE), rows)


def _empty(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("TRUNCATE jobs, bare CASCADE"))


def _empty_bare(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("TRUNCATE bare"))
