"""Education: degrees and school certificates in a CV, as the vendor's levels."""

import functools
import re
from collections.abc import Sequence

from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.profiles.cv.word_lists import ProfileField, snippet, word_list


def read_education(sections: Sequence[Section]) -> ProfileField:
    """The vendor's levels of education, lowest first."""
    lines = lines_of(sections, "education")
    forms = ("in_education", "abbreviations") if lines else ("anywhere",)
    text = "\n".join(lines) if lines else "\n".join(lines_of(sections, HEAD, "summary", "certificates", "other"))
    found = {degree: match for degree, patterns in _degrees(forms) if (match := _first(patterns, text))}
    return ProfileField(tuple(found), tuple(snippet(text, *match.span()) for match in found.values()))


def degrees_named(text: str) -> set[str]:
    """The vendor's levels of the degrees that a text about education names."""
    return {degree for degree, patterns in _degrees(("in_education", "abbreviations")) if _first(patterns, text)}


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
