"""Education: degrees and school certificates in a CV, as the vendor's levels."""

import functools
import re
from collections.abc import Sequence

from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.profiles.cv.word_lists import ProfileField, snippet, word_list

# How far before a town its institution may be.
_MAX_CHARACTERS = 120
_PARTS = re.compile(r"[,;|(–]| - ")


def read_education(sections: Sequence[Section]) -> ProfileField:
    """The vendor's levels of education, lowest first."""
    lines = lines_of(sections, "education")
    forms = ("in_education", "abbreviations") if lines else ("anywhere",)
    text = "\n".join(lines) if lines else "\n".join(lines_of(sections, HEAD, "summary", "certificates", "other"))
    readable = _without_lookalikes(text)
    found = {degree: match for degree, patterns in _degrees(forms) if (match := _first(patterns, readable))}
    return ProfileField(tuple(found), tuple(snippet(text, *match.span()) for match in found.values()))


def degrees_named(text: str) -> set[str]:
    """The vendor's levels of the degrees that a text about education names."""
    readable = _without_lookalikes(text)
    return {degree for degree, patterns in _degrees(("in_education", "abbreviations")) if _first(patterns, readable)}


def _without_lookalikes(text: str) -> str:
    """The text with blanks for what is no degree: "Scrum Master", and the state in "Boston, MA"."""
    text = _lookalikes().sub(lambda match: " " * len(match[0]), text)
    return _states().sub(lambda match: match[0][:-2] + "  " if _is_state(match) else match[0], text)


def _is_state(match: re.Match[str]) -> bool:
    """Whether the name before a code is a town: a known one, or one after an institution; a postcode shows it too."""
    before = match.string[max(0, match.start() - _MAX_CHARACTERS) : match.end("town")].rpartition("\n")[2]
    *earlier, part = _PARTS.split(before)
    if match["town"].casefold() in word_list("no_degrees")["states"]["towns"] or match["postcode"]:
        return True
    return not _institutions().search(part) and any(map(_institutions().search, earlier))


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


@functools.cache
def _degrees(forms: tuple[str, ...]) -> list[tuple[str, list[re.Pattern[str]]]]:
    """Each level with the patterns of these forms. Abbreviations ("BE", "MA") are recognised by their case."""
    return [
        (
            degree,
            [re.compile(p, 0 if form == "abbreviations" else re.IGNORECASE) for form in forms for p in lists[form]],
        )
        for degree, lists in word_list("education").items()
    ]


@functools.cache
def _lookalikes() -> re.Pattern[str]:
    return re.compile("|".join(word_list("no_degrees")["phrases"]["patterns"]), re.IGNORECASE)


@functools.cache
def _institutions() -> re.Pattern[str]:
    return re.compile("|".join(word_list("no_degrees")["states"]["institutions"]), re.IGNORECASE)


@functools.cache
def _states() -> re.Pattern[str]:
    """A capitalised name, a comma and the code of a state."""
    codes = "|".join(word_list("no_degrees")["states"]["codes"])
    return re.compile(
        rf"\b(?P<town>[A-Z][\w.'-]+(?: [A-Z][\w.'-]+)?), ?(?:{codes})"
        r"(?=(?P<postcode> \d{5})|[ \t]*(?:$|[,;|)(–-]|\d|U\.?S\.?A?\b|United States))",
        re.MULTILINE,
    )
