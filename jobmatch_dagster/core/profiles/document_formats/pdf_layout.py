"""Lines of a PDF page in reading order, by their places on the page.

A page has two columns if both sides of a gutter have headings of their own. A column of dates beside a column of jobs
is a table, whose rows stay together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from jobmatch_dagster.core.profiles.cv.sections import is_heading

# Number of left edges, the most common ones, that may begin a right column.
_MAX_GUTTERS = 12
# With more lines across it, it is no gutter.
_MAX_CROSSING_SHARE = 0.3
_MIN_COLUMN_LINES = 3


@dataclass(frozen=True)
class PlacedLine:
    """A line of text and its box, in points; y grows upwards."""

    text: str
    left: float
    right: float
    bottom: float
    top: float


def reading_order(lines: Sequence[PlacedLine]) -> list[str]:
    """The page's text: lines across the gutter in their place, between them the left column before the right one."""
    rows = sorted(lines, key=lambda line: (-line.top, line.left))
    gutter = _gutter(rows)
    if gutter is None:
        return _joined_rows(rows)
    read: list[str] = []
    for crosses, band in groupby(rows, key=lambda line: _crosses(line, gutter)):
        placed = list(band)
        if crosses:
            read += _joined_rows(placed)
        else:
            read += _joined_rows([line for line in placed if line.left < gutter])
            read += _joined_rows([line for line in placed if line.left >= gutter])
    return read


def _gutter(lines: Sequence[PlacedLine]) -> float | None:
    """Left edge of the right column: the one that the fewest lines cross; None if the page has one column."""
    edges = Counter(round(line.left) for line in lines)
    found = {
        edge - 1.0: crossing
        for edge, _ in edges.most_common(_MAX_GUTTERS)
        if (crossing := _crossings(edge - 1.0, lines)) is not None
    }
    # The headings of the right column may begin further left than its text.
    return min(found, key=lambda gutter: (found[gutter], gutter), default=None)


def _crossings(gutter: float, lines: Sequence[PlacedLine]) -> int | None:
    """How many lines cross a gutter; None if there are too many, or no column beside it."""
    left = [line for line in lines if line.right <= gutter]
    right = [line for line in lines if line.left >= gutter]
    crossing = len(lines) - len(left) - len(right)
    is_gutter = (
        min(len(left), len(right)) >= _MIN_COLUMN_LINES
        and crossing <= _MAX_CROSSING_SHARE * len(lines)
        and any(is_heading(line.text) for line in left)
        and any(is_heading(line.text) for line in right)
    )
    return crossing if is_gutter else None


def _crosses(line: PlacedLine, gutter: float) -> bool:
    return line.left < gutter < line.right


def _joined_rows(lines: Sequence[PlacedLine]) -> list[str]:
    """Lines of the same height as one line, from left to right."""
    rows: list[list[PlacedLine]] = []
    for line in lines:
        middle = (line.top + line.bottom) / 2
        if rows and rows[-1][0].bottom < middle < rows[-1][0].top:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [" | ".join(line.text for line in sorted(row, key=lambda line: line.left)) for row in rows]
