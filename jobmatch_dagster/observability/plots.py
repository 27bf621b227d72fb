"""Small pictures for the UI: PNG in Markdown.

Figures are made without pyplot, whose state is global. They are stored in the event log, so they stay small.
"""

import base64
import io
import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 6.4
DOTS_PER_INCH = 72
MAX_BARS = 20
MAX_HOURS = 24 * 31
_LABEL_CHARACTERS = 40
_HOUR_IN_DAYS = 1 / 24
_SECONDS_PER_DAY = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_COLOURS = 16
_BLUE, _RED, _GREY = "#4c72b0", "#c44e52", "#666666"


def histogram(
    values: Sequence[float | None],
    title: str,
    *,
    edges: Sequence[float] | int = 20,
    x_label: str = "",
    y_label: str = "rows",
    counts: Sequence[int] | None = None,
) -> dg.MarkdownMetadataValue:
    """Distribution of values; unknown values (None, NaN) are left out, and the title gives their number.

    Args:
        values: numbers in any order.
        title: what they are.
        edges: edges of the bins, or how many bins of equal width.
        x_label: name and unit of the values.
        y_label: what is counted.
        counts: how often each value occurs (once each if None); every value must be known then.
    """
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return _nothing(title)
    unknown = len(values) - len(known)
    figure, axes = _axes(f"{title} ({unknown:,} unknown)" if unknown else title)
    bins = edges if isinstance(edges, int) else list(edges)
    axes.hist(known, bins=bins, weights=counts, color=_BLUE, edgecolor="white", linewidth=0.5)
    axes.set_xlabel(x_label, parse_math=False)
    axes.set_ylabel(y_label, parse_math=False)
    return _markdown(figure, title)


def horizontal_bars(labels: Sequence[str], values: Sequence[float], title: str) -> dg.MarkdownMetadataValue:
    """One bar with its value for each label, from the top in the given order; at most the first 20, which it says.

    Raises:
        ValueError: if the numbers of labels and values differ.
    """
    bars = list(zip(labels, values, strict=True))[:MAX_BARS]
    if not bars:
        return _nothing(title)
    shown_of = f" (first {len(bars)} of {len(labels):,})" if len(labels) > len(bars) else ""
    figure, axes = _axes(title + shown_of, height_inches=0.8 + 0.22 * len(bars))
    drawn = axes.barh(range(len(bars)), [value for _, value in bars], color=_BLUE)
    shown = [f"{value:,}" if isinstance(value, int) else f"{value:,.1f}" for _, value in bars]
    axes.bar_label(drawn, shown, padding=3, fontsize=8, color=_GREY)
    names = [name if len(name) <= _LABEL_CHARACTERS else name[: _LABEL_CHARACTERS - 1] + "…" for name, _ in bars]
    axes.set_yticks(range(len(bars)), labels=names, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.xaxis.set_visible(False)
    axes.spines["bottom"].set_visible(False)
    return _markdown(figure, title)


def hours_bar(
    hours: Sequence[datetime],
    counts: Sequence[int],
    gaps: Sequence[datetime],
    title: str = "Postings per hour (UTC)",
) -> dg.MarkdownMetadataValue:
    """Counts by hour, with missing hours in red; the newest 31 days.

    Args:
        hours: starts of the hours, timezone-aware.
        counts: one for each hour.
        gaps: starts of the missing hours.
        title: what is counted.

    Raises:
        ValueError: if the numbers of hours and counts differ.
    """
    bars = list(zip(hours, counts, strict=True))
    if not bars and not gaps:
        return _nothing(title)
    oldest = max([*hours, *gaps]) - timedelta(hours=MAX_HOURS)
    bars = [(hour, count) for hour, count in bars if hour > oldest]
    missing = [hour for hour in gaps if hour > oldest]
    title = f"{title}, {len(missing):,} missing hours in red" if missing else title
    figure, axes = _axes(title, height_inches=2.4)
    # A span over the whole height: a missing hour has no count and must not look like a small one.
    for hour in missing:
        start = _days(hour)
        axes.axvspan(start, start + _HOUR_IN_DAYS, color=_RED, alpha=0.5, linewidth=0)
    starts = [_days(hour) for hour, _ in bars]
    axes.bar(starts, [count for _, count in bars], width=_HOUR_IN_DAYS * 0.85, align="edge", color=_BLUE)
    axes.xaxis_date(UTC)
    form = "%d %b" if max(starts, default=0) - min(starts, default=0) > 3 else "%d %b\n%H:%M"
    axes.xaxis.set_major_formatter(lambda day, _: datetime.fromtimestamp(day * _SECONDS_PER_DAY, UTC).strftime(form))
    return _markdown(figure, title)


def days_bar(days: Sequence[date], values: Sequence[float], title: str) -> dg.MarkdownMetadataValue:
    """One bar a day.

    Raises:
        ValueError: if the numbers of days and values differ.
    """
    bars = list(zip(days, values, strict=True))
    if not bars:
        return _nothing(title)
    figure, axes = _axes(title, height_inches=2.2)
    axes.bar([day.toordinal() - _EPOCH for day, _ in bars], [value for _, value in bars], width=0.8, color=_BLUE)
    axes.xaxis_date(UTC)
    axes.xaxis.set_major_formatter(lambda day, _: date.fromordinal(int(day) + _EPOCH).strftime("%d %b"))
    return _markdown(figure, title)


def _axes(title: str, *, height_inches: float = 2.6) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches), dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10, parse_math=False)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _days(moment: datetime) -> float:
    """A time on matplotlib's axis: days since 1970."""
    return moment.timestamp() / _SECONDS_PER_DAY


def _markdown(figure: "Figure", title: str) -> dg.MarkdownMetadataValue:
    from PIL import Image

    drawn, png = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png")
    # With a palette the file has a quarter of the size.
    Image.open(drawn).convert("RGB").quantize(_COLOURS).save(png, format="png", optimize=True)
    alternative = "".join(letter for letter in title if letter.isalnum() or letter in " ,.:%-")
    return dg.MetadataValue.md(f"![{alternative}](data:image/png;base64,{base64.b64encode(png.getvalue()).decode()})")


def _nothing(title: str) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"{title}: nothing to show.")
