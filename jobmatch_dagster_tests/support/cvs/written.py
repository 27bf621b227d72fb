"""CVs as their parts, before any file is made of them. The texts are in `support/data/cvs/`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CV_FOLDER = Path(__file__).parents[1] / "data" / "cvs"

Section = tuple[str, Sequence[str]]
"""A heading and its lines."""


@dataclass(frozen=True)
class WrittenCv:
    """The head, and the sections of the narrow and of the wide column."""

    head: Sequence[str]
    narrow: Sequence[Section]
    wide: Sequence[Section]

    @property
    def lines(self) -> list[str]:
        """The CV in one column."""
        sections = (*self.wide, *self.narrow)
        return [*self.head, *(line for heading, lines in sections for line in ("", heading, *lines))]


def read_cv(name: str) -> WrittenCv:
    """A CV of that folder: `# name`, then `## heading` sections; a rule parts the narrow column from the wide one."""
    narrow, _, wide = (CV_FOLDER / f"{name}.md").read_text(encoding="utf-8").partition("\n---\n")
    head = narrow.partition("\n## ")[0].splitlines()
    return WrittenCv([line.removeprefix("# ") for line in head if line], _sections(narrow), _sections(wide))


def _sections(text: str) -> list[Section]:
    blocks = [block.splitlines() for block in text.split("\n## ")[1:]]
    return [(heading, [line for line in lines if line]) for heading, *lines in blocks]


ENGLISH, GERMAN = read_cv("backend-developer"), read_cv("softwareentwicklerin")
