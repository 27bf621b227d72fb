"""A CV's text divided into sections by its headings, in English and German."""

import functools
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources

from jobmatch_dagster.core.profiles.cv.page_furniture import with_identity_first, without_furniture

# The part before the first heading: name, address, title, sometimes a summary.
HEAD = "head"
# A separate block of titles, which the export of some portals puts between education and "Skill Details".
HEADLINE = "headline"

# "Projects: 5", "Languages: Java": followed by text, such a word is the label of a line. In the description of a job,
# other headings are labels too ("Technologies: ...").
_ONLY_LABELS = frozenset({"projects", "languages"})
_LABELLED = frozenset({"experience", "projects"})
_MAX_HEADING_WORDS = 6
_MAX_HEADLINE_WORDS = 12
# The export of some portals has no line break before its headings.
_GLUED = re.compile(r"(?:[^\S\n]*\b|(?<=[a-z0-9.)]))((?:Education|Skill|Company) Details)\b:?[^\S\n]*")
# A flattened document has headings inside lines: "… in a team. Certification and Trainings: …", "… work STRENGTHS: …".
_RUN_ON = re.compile(
    r"(?:(?<=[.!?;)])[^\S\n]+(?P<title>[A-Z][a-z]+(?:[ /&]+[A-Za-z]+){0,3})|"
    r"(?<=[a-z0-9.,;)])[^\S\n]+(?P<capitals>[A-ZÄÖÜ]{4,}(?:[ /&]+[A-ZÄÖÜ]+){0,3})):(?=\s)"
)
_SPACED_LETTERS = re.compile(r"(?:[^\W\d_] ){3,}[^\W\d_]")
# "E D U C AT I O N": letters that a PDF set apart unevenly; "W ORK E XPERIENCE": small capitals.
_LOOSE_LETTERS = re.compile(r"(?:[A-ZÀ-ÖØ-Þ]{1,3} ){3,}[A-ZÀ-ÖØ-Þ]{1,3}")
_SMALL_CAPITALS = re.compile(r"\b([A-ZÀ-ÖØ-Þ]) (?=[A-ZÀ-ÖØ-Þ]{2,}\b)")
# Icons, bars, arrows and emojis around a heading.
_ORNAMENTS = re.compile(r"^[^\w(]+|[^\w)]+$")
_CELL = re.compile(r"^\s*(?P<heading>[^|]{2,40}?)\s*\|\s*(?P<rest>\S.*)$")
_MARKS = re.compile(r"^[\s•*#>\-–—_=]*(?:(?:\d{1,2}|[IVX]{1,4})[.)]\s+)?|[\s:.\-–—_=*#|]*$")
_PARENTHESES = re.compile(r"\([^)]*\)")
# "Fifteen Years Experience" states an amount.
_AMOUNT = re.compile(r"\b(?:years?|yrs?|jahre?n?|months?|monate?n?)\b", re.IGNORECASE)
_SPLIT = re.compile(r"^(?P<heading>[^:]{2,40}?)\s*:\s*[\-–]?\s*(?P<rest>\S.*)$")


@dataclass(frozen=True)
class Section:
    """The lines under one heading; `kind` is a table of `headings.toml`, "head" or "headline"."""

    kind: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def split_sections(text: str) -> list[Section]:
    """The sections of a CV in order, without their headings; a kind may occur more than once."""
    kind, lines = HEAD, []
    sections: list[Section] = []
    whole = without_furniture(with_identity_first(text.split("\n")))
    for line in _RUN_ON.sub(_break_before, _GLUED.sub(r"\n\1\n", "\n".join(whole))).split("\n"):
        heading, rest = _heading(line, inside=kind)
        if heading is None:
            lines.append(line)
            continue
        sections.extend(_closed(kind, lines, followed_by=line))
        kind, lines = heading, [rest] if rest else []
    sections.extend(_closed(kind, lines, followed_by=""))
    return sections


def lines_of(sections: Iterable[Section], *kinds: str) -> list[str]:
    """The non-empty lines of all sections of these kinds, in order."""
    return [line for section in sections if section.kind in kinds for line in section.lines if line.strip()]


def is_heading(line: str) -> bool:
    """Whether a line is nothing but a heading."""
    return _fold_heading(line) in _table().exact


def _break_before(match: re.Match[str]) -> str:
    """A line break before a heading inside a line; other text unchanged."""
    heading = match["title"] or match["capitals"]
    kind = _table().exact.get(_fold_heading(heading))
    # "Qualifications:" inside a line is rarely about schools.
    return match[0] if kind in {None, "education"} else f"\n{heading}:"


def _closed(kind: str, lines: list[str], *, followed_by: str) -> list[Section]:
    """The section that ends here, or two: before "Skill Details" the titles follow education without a heading."""
    if kind == "education" and followed_by.startswith("Skill Details"):
        rows, titles = _cut_headline(lines)
        return [Section(kind, tuple(rows)), Section(HEADLINE, tuple(titles))]
    return [Section(kind, tuple(lines))] if any(line.strip() for line in lines) else []


def _cut_headline(lines: list[str]) -> tuple[list[str], list[str]]:
    """Education lines, and the titles: the line before the first blank one and the lines after it."""
    filled = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    blank = next((i for i in range(filled, len(lines)) if not lines[i].strip()), len(lines))
    titles = [line for line in lines[max(blank - 1, 0) :] if 0 < len(line.split()) <= _MAX_HEADLINE_WORDS]
    return lines[: max(blank - 1, 0)], titles


def _heading(line: str, *, inside: str) -> tuple[str | None, str]:
    """Kind of the section that the line begins, and the text after the heading; (None, "") if it begins none."""
    bare = _fold_heading(line)
    if kind := _table().exact.get(bare) or _spaced_kind(line):
        return kind, ""
    if (cell := _CELL.match(line)) and (kind := _table().exact.get(_fold_heading(cell["heading"]))):
        return kind, cell["rest"]
    if split := _SPLIT.match(line.strip()):
        kind = _table().exact.get(_fold_heading(split["heading"]))
        begins = kind is not None and (inside not in _LABELLED or kind == "education" or split["heading"].isupper())
        return (kind, split["rest"]) if begins and kind not in _ONLY_LABELS else (None, "")
    words = bare.split()
    if 1 < len(words) <= _MAX_HEADING_WORDS and _looks_like_heading(line):
        kind = _table().last_words.get(words[-1])
        if kind:
            return kind, ""
    return _leading_heading(line)


def _spaced_kind(line: str) -> str | None:
    """Kind of a heading whose letters are set apart."""
    plain = _ORNAMENTS.sub("", line)
    if _LOOSE_LETTERS.fullmatch(plain):
        joined = plain.replace(" ", "")
    elif plain.isupper():
        joined = _SMALL_CAPITALS.sub(r"\1", plain)
    else:
        return None
    return _table().exact.get(_fold_heading(joined))


def _leading_heading(line: str) -> tuple[str | None, str]:
    """A heading of several words with text after it in the same line, as in flattened documents."""
    words = line.split()
    for count in range(min(4, len(words) - 1), 1, -1):
        heading, rest = words[:count], words[count:]
        kind = _table().exact.get(_fold_heading(" ".join(heading)))
        if kind and all(word[0].isupper() or word == "&" for word in heading) and not rest[0][0].islower():
            # "Technical Skills / Responsibilities:" is a heading to its end.
            return kind, "" if rest[0][0] in "/&" and rest[-1].endswith(":") else " ".join(rest)
    return None, ""


def _looks_like_heading(line: str) -> bool:
    """Whether every longer word has a capital, and the line has no number and no end of a sentence."""
    words = _MARKS.sub("", line).split()
    if line.rstrip().endswith((".", ",")) or any(character.isdigit() for character in line) or _AMOUNT.search(line):
        return False
    return all(word[0].isupper() or len(word) <= 3 for word in words)


def _fold_heading(heading: str) -> str:
    text = _PARENTHESES.sub(" ", heading)
    if _SPACED_LETTERS.fullmatch(text.strip()):
        text = text.replace(" ", "")
    text = _ORNAMENTS.sub("", _MARKS.sub("", text)).casefold().replace("&", " and ").replace("/", " and ")
    return " ".join(text.split())


@dataclass(frozen=True)
class _Headings:
    exact: dict[str, str]
    last_words: dict[str, str]


@functools.cache
def _table() -> _Headings:
    source = resources.files("jobmatch_dagster.core.profiles") / "data" / "headings.toml"
    kinds = tomllib.loads(source.read_text(encoding="utf-8"))
    return _Headings(
        exact={phrase: kind for kind, words in kinds.items() for phrase in words["exact"]},
        last_words={word: kind for kind, words in kinds.items() for word in words.get("last_words", ())},
    )
