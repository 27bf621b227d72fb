"""The results of a run as files: `bench/results.json`, `docs/performance.md` and its picture. No figure is typed."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jobmatch_dagster.bench.timing import Measured, Taken

_PICTURE = Path("docs/images/performance.png")
_HEAD = """# How fast it is

`make bench` wrote this page in one run; `bench/results.json` has every repeat. A ratio is the median time of the
pipeline divided by that of a named baseline, which took turns with it, so that a ratio carries over to another machine
and a second does not. Lower is better. The spread is that of single repeats.

"""


@dataclass(frozen=True)
class Growth:
    """Seconds of the same work at several sizes; `unit` is what a size counts."""

    work: str
    unit: str
    taken: Mapping[int, Taken]


@dataclass(frozen=True)
class Results:
    """All that one run measured."""

    at: datetime
    machine: Mapping[str, str]
    measured: Sequence[Measured]
    growth: Sequence[Growth]


def write_results(results: Results, folder: Path) -> None:
    """Write the three files below `folder`, the project's root."""
    for name in ("bench", _PICTURE.parent):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "bench/results.json").write_text(json.dumps(_as_json(results), indent=1) + "\n", encoding="utf-8")
    (folder / "docs/performance.md").write_text(_page(results), encoding="utf-8")
    _draw(results.growth, folder / _PICTURE)


def _as_json(results: Results) -> dict[str, object]:
    return {
        "at": results.at.isoformat(timespec="seconds"),
        "machine": dict(results.machine),
        "measured": [
            {
                "work": row.work, "baseline": row.baseline, "ratio": round(row.ratio, 4), "goal": row.goal,
                "pipeline_seconds": row.pipeline.seconds, "baseline_seconds": row.floor.seconds,
            }
            for row in results.measured
        ],
        "growth": [
            {"work": line.work, "unit": line.unit, "seconds": {size: one.seconds for size, one in line.taken.items()}}
            for line in results.growth
        ],
    }  # fmt: skip


def _page(results: Results) -> str:
    repeats = len(results.measured[0].pipeline.seconds)
    lines = [
        f"Measured on {results.at:%Y-%m-%d %H:%M} UTC, {repeats} repeats of each row.",
        "",
        "| pipeline | baseline | ratio | spread | goal | reached | pipeline, s | baseline, s |",
        "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: |",
        *map(_row, results.measured),
        "",
        "## Cost against size",
        "",
        "![Seconds against size, both axes logarithmic](images/performance.png)",
        "",
        "| work | size | seconds | a thousand, s |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {line.work} | {size:,} {line.unit} | {one.median:.3f} | {one.median / size * 1000:.3f} |"
            for line in results.growth
            for size, one in line.taken.items()
        ),
        "",
        "## The machine",
        "",
        "| fact | value |",
        "| --- | --- |",
        *(f"| {name} | {value} |" for name, value in results.machine.items()),
    ]
    return _HEAD + "\n".join(lines) + "\n"


def _row(row: Measured) -> str:
    low, high = row.spread
    goal = "" if row.goal is None else f"{row.goal:.2f}"
    reached = {None: "", True: "yes", False: "**no**"}[row.reached]
    return (
        f"| {row.work} | {row.baseline} | {row.ratio:.2f} | {low:.2f} to {high:.2f} | {goal} | {reached} "
        f"| {row.pipeline.median:.3f} | {row.floor.median:.3f} |"
    )


def _draw(growth: Sequence[Growth], path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    figure = Figure(figsize=(6.4, 4), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    for line in growth:
        axes.plot(
            list(line.taken),
            [one.median for one in line.taken.values()],
            marker="o",
            label=f"{line.work} ({line.unit})",
        )
    axes.set(xscale="log", yscale="log", xlabel="size", ylabel="seconds (median)")
    axes.set_xticks(sorted({size for line in growth for size in line.taken}))
    axes.set_yticks([0.1, 0.3, 1, 3, 10, 30], minor=False)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())
    axes.tick_params(axis="x", labelrotation=45)
    axes.grid(visible=True, which="both", linewidth=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, metadata={"Software": None})
