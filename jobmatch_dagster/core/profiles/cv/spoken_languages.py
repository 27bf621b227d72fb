"""Languages that a person speaks, in English and German names."""

import functools
import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.profiles.cv.sections import Section, lines_of
from jobmatch_dagster.core.profiles.cv.word_lists import ProfileField, any_word, snippet, word_list

_LABEL = re.compile(
    r"^.{0,60}?\b(?:languages?(?: known| skills?)?|linguistic skills|mother tongue|sprachen|sprachkenntnisse|muttersprache)\b"
    r"\s*[:\-–]?\s*(?P<names>\S.*)$",
    re.IGNORECASE,
)
_PROFICIENCY = (
    r"(?:[ABC][12]\b|native|fluent|mother tongue|bilingual|proficient|professional|conversational|muttersprach\w*|fließend\w*|"
    r"verhandlungssicher\w*|grundkenntnisse|gute kenntnisse|sehr gute kenntnisse|in wort und schrift)"
)


def read_languages(sections: Sequence[Section]) -> ProfileField:
    """Languages that the person speaks: those of a section or line about languages, and those with a proficiency."""
    names = _names()
    spoken = "\n".join(_lines(sections))
    found = {names[match[0].casefold()]: snippet(spoken, *match.span()) for match in _language().finditer(spoken)}
    everything = "\n".join(section.text for section in sections if section.kind != "education")
    for match in _language_with_proficiency().finditer(everything):
        for name in _language().findall(match[0]):
            found.setdefault(names[name.casefold()], snippet(everything, *match.span()))
    return ProfileField(tuple(found), tuple(found.values()))


def is_spoken_language(item: str) -> bool:
    """Whether an item is a spoken language, with or without a proficiency ("German", "Englisch C1"), and no skill."""
    rest = re.sub(rf"{_PROFICIENCY}|\b(?:level|in|language|sprache)\b|[^\w\s]", " ", item, flags=re.IGNORECASE).strip()
    return _language().fullmatch(rest) is not None


def languages_named(text: str) -> set[str]:
    """English names of the languages that a text names."""
    return {_names()[match[0].casefold()] for match in _language().finditer(text)}


def _lines(sections: Sequence[Section]) -> Iterator[str]:
    yield from lines_of(sections, "languages")
    for section in sections:
        for line in section.lines:
            if labelled := _LABEL.match(line):
                yield labelled["names"]


@functools.cache
def _names() -> dict[str, str]:
    return {name: english for english, names in word_list("languages")["names"].items() for name in names}


@functools.cache
def _language() -> re.Pattern[str]:
    return any_word(_names())


@functools.cache
def _language_with_proficiency() -> re.Pattern[str]:
    name = _language().pattern
    return re.compile(
        rf"{name}\W{{0,3}}(?:level\s*)?{_PROFICIENCY}|"
        rf"\b(?:fluent|proficient|native|fließend\w*|verhandlungssicher\w*)\s+(?:in\s+|speaker of\s+)?(?:(?:spoken|written)\s+)?{name}"
        rf"(?:\s*(?:,|and|und|&)\s*{name})*",
        re.IGNORECASE,
    )
