"""Every measurement of the benchmark runs, at a small size."""

import io

import pytest
from rich.console import Console

from jobmatch_dagster.bench.claude import print_costs
from jobmatch_dagster.bench.legacy import print_differences
from jobmatch_dagster.bench.matching import TOP, Sizes
from jobmatch_dagster.bench.run import print_ratios

_SMALL = Sizes(
    users=20, postings=TOP + 50, loaded=100, matched_with_one=100, compared_with_one=TOP + 300, legacy_users=2,
    texts=12, catalogs=(10, 100), rounds=1,
)  # fmt: skip


@pytest.mark.nightly
def test_every_measurement_runs() -> None:
    console = Console(file=io.StringIO(), width=200)
    print_ratios(console, _SMALL)
    shown = console.file.getvalue()
    for work in (
        "COPY and merge of 100 new postings", "the same 100 postings again", "cosines of 20 x 250", "nothing new",
        "one user x 100", "similarity and top", "legacy loop", "12 texts embedded", "an hour with 100 postings",
    ):  # fmt: skip
        assert work in shown


def test_comparisons_without_a_database_are_printed() -> None:
    console = Console(file=io.StringIO(), width=200)
    print_differences(console)
    print_costs(console)
    shown = console.file.getvalue()
    assert "Rank correlation with the label" in shown
    assert "ours, batch with every cache hit" in shown
