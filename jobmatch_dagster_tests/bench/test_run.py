"""The benchmark runs, at a small size, and writes its page from what it measured."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from jobmatch_dagster.bench.claude import print_costs
from jobmatch_dagster.bench.legacy import print_differences
from jobmatch_dagster.bench.page import Growth, Results, write_results
from jobmatch_dagster.bench.run import main
from jobmatch_dagster.bench.timing import Measured, Taken, in_turn


def test_every_measurement_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--quick", "--out", str(tmp_path)])
    shown = capsys.readouterr().out
    for work in (
        "merge of 200 new postings", "the same 200 postings again", "all 200 changed", "cosines of 40 x 250",
        "nothing new", "one user x 200", "similarity and top", "2 users", "12 texts embedded",
        "an hour with 100 postings",
    ):  # fmt: skip
        assert f"{work}" in shown
    found = json.loads((tmp_path / "bench/results.json").read_text())
    assert all(len(row["pipeline_seconds"]) == 1 and min(row["pipeline_seconds"]) > 0 for row in found["measured"])
    assert [list(line["seconds"]) for line in found["growth"]] == [["25", "50", "100", "200"], ["5", "10", "20", "40"]]
    assert found["machine"]["PostgreSQL"]
    page = (tmp_path / "docs/performance.md").read_text()
    assert all(row["work"] in page for row in found["measured"])
    assert (tmp_path / "docs/images/performance.png").read_bytes().startswith(b"\x89PNG")


def test_a_row_under_its_goal_says_so(tmp_path: Path) -> None:
    rows = [
        Measured("slow", "floor", Taken((2.0, 4.0, 3.0)), Taken((1.0, 1.0, 1.0)), goal=2.5),
        Measured("fast", "floor", Taken((1.0,)), Taken((1.0,)), goal=2.5),
        Measured("free", "floor", Taken((1.0,)), Taken((1.0,))),
    ]
    growth = [Growth("loading", "postings", {10: Taken((0.1,)), 100: Taken((1.0,))})]
    write_results(Results(datetime(2026, 1, 2, tzinfo=UTC), {"cores": "2"}, rows, growth), tmp_path)
    page = (tmp_path / "docs/performance.md").read_text()
    assert "| slow | floor | 3.00 | 2.00 to 4.00 | 2.50 | **no** |" in page
    assert "| fast | floor | 1.00 | 1.00 to 1.00 | 2.50 | yes |" in page
    assert "| free | floor | 1.00 | 1.00 to 1.00 |  |  |" in page


def test_work_and_baseline_take_turns() -> None:
    called: list[str] = []
    ours, theirs = in_turn(2, lambda: called.append("a"), lambda: called.append("b"), before=lambda: called.append("-"))
    assert "".join(called) == "-a-b-a-b"
    assert len(ours.seconds) == len(theirs.seconds) == 2


def test_comparisons_without_a_database_are_printed() -> None:
    console = Console(file=io.StringIO(), width=200)
    print_differences(console)
    print_costs(console)
    shown = console.file.getvalue()
    assert "Rank correlation with the label" in shown
    assert "ours, batch with every cache hit" in shown
