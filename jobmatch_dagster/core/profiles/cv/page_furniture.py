"""Lines of a CV that belong to its pages and not to a section: page numbers, running titles, the name of an export.

Belongs here: what a layout puts between the lines of a section.
"""

import re
from collections.abc import Sequence

from jobmatch_dagster.core.vocabulary.skill_search import find_skills

_PAGE = (
    r"(?:(?:page|seite|blatt)\s*\d{1,3}(?:\s*(?:of|von|/)\s*\d{1,3})?|\d{1,3}\s*/\s*\d{1,3}|[-–—]\s*\d{1,3}\s*[-–—])"
)
_PAGE_LINE = re.compile(rf"^\W*{_PAGE}\W*$|^\W*(?:©|\(c\))?\s*european union\b.*\bpage\b.*$", re.IGNORECASE)
# "Ada Example – 2/3", "Lebenslauf Ada Example | Seite 2 von 3".
_RUNNING_TITLE = re.compile(
    rf"^(?:[^\W\d_][\w.'’-]*\W+){{1,6}}\W*{_PAGE}\W*$|^\W*{_PAGE}\W+(?:[^\W\d_][\w.'’-]*\W*){{1,6}}$", re.IGNORECASE
)
_DOCUMENT_TITLE = re.compile(
    r"^\W*(?:lebenslauf|curriculum vitae|r[ée]sum[ée]|cv)\b(?:\W+[^\W\d_][\w.'’-]*){1,4}\W*$", re.IGNORECASE
)
_TITLE_WORDS = frozenset(
    {"page", "seite", "blatt", "of", "von", "lebenslauf", "curriculum", "vitae", "resume", "résumé", "cv"}
)
# The first lines are the document's own title.
_TOP_LINES, _NAME_LINES = 4, 2

# A profile exported from LinkedIn begins with contact and skills; name, headline and place come after them.
_EXPORT_BEGINS = frozenset({"contact", "kontakt", "coordonnées", "contactar"})
_SIDE_COLUMN = frozenset({
    "top skills", "top-kenntnisse", "top kenntnisse", "kenntnisse", "languages", "sprachen", "certifications", "zertifikate",
    "honors-awards", "auszeichnungen", "publications", "veröffentlichungen", "patents", "patente",
})  # fmt: skip
_MAIN_COLUMN = frozenset({
    "summary", "zusammenfassung", "experience", "berufserfahrung", "education", "ausbildung", "info", "über mich",
})  # fmt: skip
_SEARCHED_LINES = 40
# Top skills of an export.
_MAX_TOP_SKILLS = 3
# Name, a headline of up to two lines, place.
_MAX_IDENTITY_LINES = 4
_NAME = re.compile(
    r"^[^\W\d_][\w.'’-]*(?:\s+(?:[^\W\d_][\w.'’-]*|\([^)]{1,20}\))){1,4}(?:,\s*(?:[A-Z][\w.]{1,6},?\s*){1,4})?$"
)


def without_furniture(lines: Sequence[str]) -> list[str]:
    """The lines without page numbers and running titles."""
    first = [line for line in lines[:_TOP_LINES] if line.strip()][:_NAME_LINES]
    top = _TITLE_WORDS.union(*(_words(line) for line in first))
    return [
        line
        for place, line in enumerate(lines)
        if not (
            _PAGE_LINE.match(line)
            # "Gardening 4/5" rates a skill; a running title repeats the top of the page.
            or (_RUNNING_TITLE.match(line) and _words(line) <= top)
            or (place >= _TOP_LINES and _DOCUMENT_TITLE.match(line))
        )
    ]


def _words(line: str) -> frozenset[str]:
    return frozenset(re.findall(r"[^\W\d_]{2,}", line.casefold()))


def with_identity_first(lines: Sequence[str]) -> list[str]:
    """The lines of an export from LinkedIn with name, headline and place at the top; other lines as they are."""
    filled = [place for place, line in enumerate(lines) if line.strip()]
    if not filled or lines[filled[0]].strip().casefold() not in _EXPORT_BEGINS:
        return list(lines)
    folded = [line.strip().casefold() for line in lines[:_SEARCHED_LINES]]
    main = next((place for place, line in enumerate(folded) if line in _MAIN_COLUMN), None)
    side = [place for place, line in enumerate(folded[:main]) if line in _SIDE_COLUMN]
    if main is None or not side:
        return list(lines)
    begin = _identity_begin(lines, side[-1], main, is_skills=folded[side[-1]].startswith(("top", "kenntnisse")))
    return [*lines[begin:main], *lines[:begin], *lines[main:]]


def _identity_begin(lines: Sequence[str], heading: int, main: int, *, is_skills: bool) -> int:
    """Where the name is: the first line that may be one among the last before the main column.

    Below "Top Skills" there are three skills at most. Without a line that looks like a name, those last lines count as
    identity: a lost skill costs less than a leaked name.
    """
    block = [place for place in range(heading + 1, main) if lines[place].strip()]
    latest = block[_MAX_TOP_SKILLS] if is_skills and len(block) > _MAX_TOP_SKILLS else main
    last = [place for place in block[-_MAX_IDENTITY_LINES:] if place <= latest]
    if not last:
        return main
    return next((place for place in last if _may_be_name(lines[place])), latest if latest in last else last[-1])


def _may_be_name(line: str) -> bool:
    """Two to five words with capitals that name no skill of the table."""
    words = line.split()
    return bool(_NAME.match(line.strip())) and words[0][:1].isupper() and not find_skills(line)
