"""Finds the skills of the table in running text."""

import functools
import re

from jobmatch_dagster.core.vocabulary.skill_table import canonical, needs_context, surfaces_in_text

# A token may have + # . inside. Before and after it there is none of these, no letter and no digit.
_ATOM = re.compile(r"(?<![\w+#.])\.?[\w+#]+")
_NO_MORE = re.compile(r"(?![\w+#]|\.\w)")
_SEPARATOR = re.compile(r"^\s*(?:[,;|/•·:&()\[\]*\n\t–—-]|and\b|und\b|or\b|oder\b)", re.IGNORECASE)
_SEPARATOR_BEFORE = re.compile(r"(?:[,;|/•·:&()\[\]*\n\t–—-]|\band|\bund|\bor|\boder)\s*$|^\s*$", re.IGNORECASE)


def find_skills(text: str) -> list[str]:
    """Skills of the table that a running text names, in the text's spelling, each skill once, in order.

    Words that also mean something else ("Go", "R", "Excel") count only in an enumeration.
    """
    found: dict[str, str] = {}
    # A place in the lowered text must be the same place in the text. In a few texts, lower case changes the length:
    # there each letter becomes one letter.
    lowered = text.lower() if len(text.lower()) == len(text) else "".join(c.lower()[:1] for c in text)
    end_of_last = 0
    for token in _ATOM.finditer(lowered):
        if token.start() < end_of_last:
            continue
        for surface in _surfaces_by_atom().get(token[0], ()):
            end = token.start() + len(surface)
            if lowered.startswith(surface, token.start()) and _NO_MORE.match(lowered, end):
                break
        else:
            continue
        surface = text[token.start() : end]
        if needs_context(surface) and not _in_enumeration(text, token.start(), end):
            continue
        end_of_last = end
        found.setdefault(canonical(surface), surface)
    return list(found.values())


@functools.cache
def _surfaces_by_atom() -> dict[str, list[str]]:
    """Surfaces in lower case by their first token, the longest first."""
    found: dict[str, list[str]] = {}
    for surface in sorted(surfaces_in_text(), key=len, reverse=True):
        if atom := _ATOM.match(surface):
            found.setdefault(atom[0], []).append(surface)
    return found


def _in_enumeration(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 12) : start], text[end : end + 12]
    starts = bool(_SEPARATOR_BEFORE.search(before))
    ends = not after.strip() or bool(_SEPARATOR.search(after)) or after.lstrip(" ")[:1] in ".\n"
    return starts and ends
