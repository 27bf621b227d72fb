"""Education, spoken languages, fields of work, wished arrangement and places of a CV.

Put here facts that a word list finds. Titles, skills and experience have modules of their own.
"""

import functools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.profiles.cv.vocabulary import any_word, snippet, table

_MAX_INDUSTRIES = 4
# A title tells a field by itself, skills only together.
_TITLE_POINTS = 3
_MIN_POINTS = 3
_MAX_SKILL_POINTS = 4


@dataclass(frozen=True)
class Fact:
    """Values of one field of a profile and the pieces of text that they were read from; both empty when unknown."""

    values: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


def read_education(sections: Sequence[Section]) -> Fact:
    """Levels of education in the vendor's words, lowest first."""
    lines = lines_of(sections, "education")
    forms = ("in_education", "abbreviations") if lines else ("anywhere",)
    text = "\n".join(lines) if lines else "\n".join(lines_of(sections, HEAD, "summary", "certificates", "other"))
    found = {level: match for level, patterns in _degrees(forms) if (match := _first(patterns, text))}
    return Fact(tuple(found), tuple(snippet(text, *match.span()) for match in found.values()))


def read_languages(sections: Sequence[Section]) -> Fact:
    """Languages that the person speaks: all that a section or a line about languages names, else those with a level."""
    names = _language_names()
    spoken = "\n".join(_language_lines(sections))
    found = {names[match[0].casefold()]: snippet(spoken, *match.span()) for match in _language().finditer(spoken)}
    everything = "\n".join(section.text for section in sections if section.kind != "education")
    for match in _language_with_level().finditer(everything):
        for name in _language().findall(match[0]):
            found.setdefault(names[name.casefold()], snippet(everything, *match.span()))
    return Fact(tuple(found), tuple(found.values()))


def is_spoken_language(item: str) -> bool:
    """Whether an item is a spoken language, with or without a level ("German", "Englisch C1"): no skill then."""
    rest = re.sub(rf"{_LANGUAGE_LEVEL}|\blevel\b|[^\w\s]", " ", item, flags=re.IGNORECASE).strip()
    return _language().fullmatch(rest) is not None


def languages_named(text: str) -> set[str]:
    """English names of the languages that a text names."""
    return {_language_names()[match[0].casefold()] for match in _language().finditer(text)}


def levels_named(text: str) -> set[str]:
    """Levels of education that a text about education names."""
    return {level for level, patterns in _degrees(("in_education", "abbreviations")) if _first(patterns, text)}


def read_industries(titles: Sequence[str], skills: Sequence[str]) -> Fact:
    """Fields of work (`INDUSTRIES`) that titles and skills tell, the best supported first."""
    points: Counter[str] = Counter()
    evidence: dict[str, str] = {}
    known = {skill.casefold() for skill in skills}
    for industry, (title_pattern, skill_names) in _industries().items():
        title = next((title for title in titles if title_pattern.search(title)), None)
        shared = known & skill_names
        if title is not None:
            # A newer title counts more than an older one.
            points[industry] += _TITLE_POINTS + len(titles) - list(titles).index(title)
        points[industry] += min(len(shared), _MAX_SKILL_POINTS)
        evidence[industry] = title or ", ".join(sorted(shared))
    best = [industry for industry, count in points.most_common(_MAX_INDUSTRIES) if count >= _MIN_POINTS]
    return Fact(tuple(best), tuple(evidence[industry] for industry in best))


def read_arrangements(sections: Sequence[Section]) -> Fact:
    """Work arrangements that the CV asks for (`WORK_ARRANGEMENTS`); how a past job was done says nothing."""
    wish = _wish()
    found: dict[str, str] = {}
    for section in sections:
        if section.kind not in {HEAD, "summary", "wishes", "personal", "other"}:
            continue
        for sentence in re.split(r"(?<=[.!?])\s+|\n", section.text):
            if section.kind != "wishes" and not wish.search(sentence):
                continue
            for arrangement, pattern in _arrangements():
                if match := pattern.search(sentence):
                    found.setdefault(arrangement, snippet(sentence, *match.span()))
                    if arrangement == "Remote Solely":
                        break  # "only remote" is no word for the others
    values = tuple(name for name in WORK_ARRANGEMENTS if name in found)
    return Fact(values, tuple(found[name] for name in values))


def read_locations(sections: Sequence[Section]) -> Fact:
    """Places that the CV names as home or as wished, where it says so; workplaces of past jobs do not count."""
    found: dict[str, str] = {}
    for line in lines_of(sections, HEAD, "summary", "personal", "wishes"):
        for match in _place().finditer(line):
            place = match[match.lastgroup or 0].strip(" .,;")
            if place:
                found.setdefault(place, snippet(line, *match.span()))
    return Fact(tuple(found), tuple(found.values()))


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next((match for pattern in patterns if (match := pattern.search(text))), None)


@functools.cache
def _degrees(forms: tuple[str, ...]) -> list[tuple[str, list[re.Pattern[str]]]]:
    """For each level the patterns of these forms; abbreviations ("BE", "MA") are told from words by their case."""
    return [
        (level, [re.compile(p, 0 if form == "abbreviations" else re.IGNORECASE) for form in forms for p in lists[form]])
        for level, lists in table("education").items()
    ]


def _language_lines(sections: Sequence[Section]) -> Iterator[str]:
    yield from lines_of(sections, "languages")
    for section in sections:
        for line in section.lines:
            if labelled := _LANGUAGE_LABEL.match(line):
                yield labelled["names"]


_LANGUAGE_LABEL = re.compile(
    r"^.{0,60}?\b(?:languages?(?: known| skills?)?|linguistic skills|mother tongue|sprachen|sprachkenntnisse|muttersprache)\b"
    r"\s*[:\-–]?\s*(?P<names>\S.*)$",
    re.IGNORECASE,
)
_LANGUAGE_LEVEL = (
    r"(?:[ABC][12]\b|native|fluent|mother tongue|bilingual|proficient|professional|conversational|muttersprach\w*|fließend\w*|"
    r"verhandlungssicher\w*|grundkenntnisse|gute kenntnisse|sehr gute kenntnisse|in wort und schrift)"
)


@functools.cache
def _language_names() -> dict[str, str]:
    return {name: english for english, names in table("languages")["names"].items() for name in names}


@functools.cache
def _language() -> re.Pattern[str]:
    return any_word(_language_names())


@functools.cache
def _language_with_level() -> re.Pattern[str]:
    name = _language().pattern
    return re.compile(
        rf"{name}\W{{0,3}}(?:level\s*)?{_LANGUAGE_LEVEL}|"
        rf"\b(?:fluent|proficient|native|fließend\w*|verhandlungssicher\w*)\s+(?:in\s+|speaker of\s+)?(?:(?:spoken|written)\s+)?{name}"
        rf"(?:\s*(?:,|and|und|&)\s*{name})*",
        re.IGNORECASE,
    )


@functools.cache
def _industries() -> dict[str, tuple[re.Pattern[str], frozenset[str]]]:
    return {
        industry: (re.compile("|".join(map(_keyword, words["titles"])), re.IGNORECASE), frozenset(words["skills"]))
        for industry, words in table("industries").items()
    }


def _keyword(word: str) -> str:
    """Short words and those with a blank at the end stand alone, others begin a word, long ones stand anywhere."""
    if word.endswith(" ") or len(word) <= 3:
        return rf"(?<!\w){re.escape(word.rstrip())}(?!\w)"
    return re.escape(word) if len(word) >= 6 else rf"(?<!\w){re.escape(word)}"


@functools.cache
def _wish() -> re.Pattern[str]:
    return re.compile("|".join(table("wishes")["wish"]["patterns"]), re.IGNORECASE)


@functools.cache
def _arrangements() -> list[tuple[str, re.Pattern[str]]]:
    arrangements = table("wishes")["arrangements"]
    return [(name, re.compile("|".join(patterns), re.IGNORECASE)) for name, patterns in arrangements.items()]


@functools.cache
def _place() -> re.Pattern[str]:
    labels = "|".join(map(re.escape, sorted(table("wishes")["places"]["labels"], key=len, reverse=True)))
    city = r"[A-ZÄÖÜ][\w.'-]+(?:[ -][A-ZÄÖÜ(][\w.')-]+){0,3}"
    return re.compile(
        rf"^[\s•*]*(?i:{labels})\s*[:\-–]\s*(?P<labelled>[^\n|;•]{{2,60}})"
        rf"|\b(?i:based in|living in|located in|resident in|wohnhaft in|lebe in)\s+(?P<based>{city}(?:, {city})?)"
        rf"|(?<!\d)(?:D-)?\d{{5}}\s+(?P<postal>{city})"
    )
