"""The page that explains a pair: a title, findings, sections of facts; as Markdown for the UI, as text for a terminal.

Belongs here: how the page looks. `pipeline/explain/` fills it. Untrusted text (postings, CVs,
answers) is escaped: it never becomes a link, an image or a heading.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobmatch_dagster.core.markdown import cell, escaped, markdown_table
from jobmatch_dagster.core.text import for_terminal

UNKNOWN = "unknown"
_NO_FINDING = "Nothing stands out."
_CODE_INDENT = "    "


@dataclass(frozen=True)
class RunLink:
    """A Dagster run: a link in the UI, its id in a terminal."""

    run_id: str | None


@dataclass(frozen=True)
class Finding:
    """Something unexpected about the pair, and what to do about it."""

    what: str
    remedy: str


@dataclass(frozen=True)
class Table:
    """Rows under column names."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Section:
    """A part of the page: facts by name, tables, and text that is shown as it is."""

    title: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    tables: Sequence[Table] = ()
    code: str = ""


@dataclass(frozen=True)
class ExplanationPage:
    """A whole page."""

    title: str
    findings: Sequence[Finding]
    sections: Sequence[Section]

    def markdown(self) -> str:
        """For the UI."""
        return "\n\n".join(self._markdown())

    def text(self) -> str:
        """For a terminal."""
        return for_terminal("\n".join(self._text()))

    def _markdown(self) -> Iterator[str]:
        yield f"# {escaped(self.title)}"
        yield "## Findings"
        found = [f"- **{escaped(found.what)}** {escaped(found.remedy)}" for found in self.findings]
        yield "\n".join(found) or _NO_FINDING
        for number, section in enumerate(self.sections, start=1):
            yield f"## {number}. {escaped(section.title)}"
            if section.facts:
                rows = "\n".join(f"| {escaped(name)} | {_linked(value)} |" for name, value in section.facts.items())
                yield f"| | |\n| --- | --- |\n{rows}"
            for table in section.tables:
                yield markdown_table(table.rows, table.columns)
            if section.code:
                # Indented, not fenced: no text can end the block.
                yield "\n".join(_CODE_INDENT + line for line in section.code.splitlines())

    def _text(self) -> Iterator[str]:
        yield self.title
        yield "\nFindings"
        yield from (f"  ! {found.what} {found.remedy}" for found in self.findings)
        if not self.findings:
            yield f"  {_NO_FINDING}"
        for number, section in enumerate(self.sections, start=1):
            yield f"\n{number}. {section.title}"
            width = max((len(name) for name in section.facts), default=0)
            for name, value in section.facts.items():
                yield f"  {name:<{width}}  {_one_line(value)}"
            for table in section.tables:
                yield from _columns(table)
            for line in section.code.splitlines():
                yield f"  {line}"


def _plain(value: Any) -> str:
    if isinstance(value, RunLink):
        return value.run_id or UNKNOWN
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value) or "none"
    return UNKNOWN if value is None else str(value)


def _linked(value: Any) -> str:
    if isinstance(value, RunLink) and value.run_id:
        return f"[{escaped(value.run_id[:8])}](/runs/{value.run_id})"
    return escaped(_one_line(value))


def _one_line(value: Any) -> str:
    return " ".join(_plain(value).split())


def _columns(table: Table) -> Iterator[str]:
    lines = [[str(name) for name in table.columns], *([_shown(value) for value in row] for row in table.rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(table.columns))]
    for line in lines:
        yield "  " + "  ".join(f"{text:<{width}}" for text, width in zip(line, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    shown = cell(value)
    return "" if shown is None else str(shown)
