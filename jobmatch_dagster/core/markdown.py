"""Values and tables as Markdown that shows the text of strangers letter for letter.

Belongs here: how a value looks. The page or preview decides what is shown.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

import numpy as np

CELL_CHARACTERS = 80

Cell = str | int | float | bool | None
# An address that Markdown cannot read as anything else.
_SAFE_URL = re.compile(r"https?://[\w.-]+(?::\d+)?(?:/[\w./%+~=&?@:,;-]*)?", re.ASCII)
_TYPES = {bool: "bool", int: "int", float: "float"}
# Text of strangers must not become a link, an image or a heading.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>|#!~&])")
# Addresses become links by themselves, escaped or not; as code they do not.
_ADDRESS = re.compile(r"((?:\w+://|www\.)[^\s,;]+|[^\s,;]+@[^\s,;]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Link:
    """A word that leads to an address."""

    word: str
    url: str | None

    def __str__(self) -> str:
        return self.word


def markdown_table(rows: Iterable[Sequence[Any]], columns: Sequence[str]) -> str:
    """Rows under column names; numbers are right-aligned.

    Raises:
        ValueError: if a row has not a value for each column.
    """
    rows = list(rows)
    cells = table_cells(rows, columns, None)
    numeric = [column_type(row[i] for row in cells) in ("int", "float") for i in range(len(columns))]
    lines = [
        [escaped(name) for name in columns],
        ["---:" if is_number else "---" for is_number in numeric],
        *(
            [_linked(given, escaped(_words(value))) for given, value in zip(row, shown, strict=True)]
            for row, shown in zip(rows, cells, strict=True)
        ),
    ]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def cell(value: Any) -> Cell:
    """A value as a table cell: text cut to 80 characters, lists joined, times in ISO 8601, NaN as None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value) if value % 1 else int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(str(item) for item in value)
    line = re.sub(r"\s+", " ", str(value)).strip()
    return line if len(line) <= CELL_CHARACTERS else line[: CELL_CHARACTERS - 1].rstrip() + "…"


def table_cells(rows: Iterable[Sequence[Any]], columns: Sequence[str], limit: int | None) -> list[list[Cell]]:
    """Each row as table cells.

    Raises:
        ValueError: if a row has not a value for each column.
    """
    cells = [[cell(value) for value in row] for row in islice(rows, limit)]
    if wrong := next((row for row in cells if len(row) != len(columns)), None):
        raise ValueError(f"A row has {len(wrong)} values for {len(columns)} columns ({', '.join(columns)}).")
    return cells


def column_type(values: Iterable[Cell]) -> str:
    """Type of a column by its cells, in Dagster's words: bool, int, float or string."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float}:
        return "float"
    return _TYPES.get(kinds.pop(), "string") if len(kinds) == 1 else "string"


def _linked(given: Any, shown: str) -> str:
    """The cell as a link where it is one and its address is plain; any other address stays words."""
    if isinstance(given, Link) and given.url and _SAFE_URL.fullmatch(given.url):
        return f"[{shown}](<{given.url}>)"
    return shown


def _words(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def escaped(text: str) -> str:
    """Text as markdown shows it letter for letter; addresses as code, so that no link is made of them."""
    pieces = _ADDRESS.split(text)
    return "".join(
        _as_code(piece) if number % 2 else _MARKDOWN.sub(r"\\\1", piece) for number, piece in enumerate(pieces)
    )


def _as_code(address: str) -> str:
    return "`" + address.replace("`", "'").replace("|", "%7C") + "`"
