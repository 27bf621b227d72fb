"""The chaos table: a line for each scenario, written to `build/chaos.md` at the end of a session."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

_PROPERTY = "chaos"
_HEADER = "| fault | where | outcome | seconds to recover | what the operator saw |\n| --- | --- | --- | --- | --- |\n"
Note = tuple[str, str, str, str, str]


def note(
    record_property: Any, fault: str, where: str, outcome: str, seconds: float | None = None, saw: str = ""
) -> None:
    """Add a line to the table."""
    said = "-" if seconds is None else f"{seconds:.1f}"
    record_property(_PROPERTY, (fault, where, outcome, said, saw or "nothing"))


def write_table(reports: Iterable[pytest.TestReport], path: Path) -> int:
    """Write the lines of these tests; returns their number."""
    lines: list[Note] = []
    for report in reports:
        lines += [value for name, value in report.user_properties if name == _PROPERTY]  # type: ignore[misc]
    if lines:
        path.parent.mkdir(exist_ok=True)
        rows = ("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
        path.write_text(f"# Faults and what became of them\n\n{_HEADER}" + "\n".join(rows) + "\n", encoding="utf-8")
    return len(lines)
