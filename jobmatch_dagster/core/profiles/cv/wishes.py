"""What a CV asks for: work arrangements and places."""

import functools
import re
from collections.abc import Sequence

from jobmatch_dagster.core.posting import WORK_ARRANGEMENTS
from jobmatch_dagster.core.profiles.cv.sections import HEAD, Section, lines_of
from jobmatch_dagster.core.profiles.cv.word_lists import ProfileField, snippet, word_list


def read_arrangements(sections: Sequence[Section]) -> ProfileField:
    """Work arrangements that the CV asks for. The arrangement of a past job does not count."""
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
                        break  # "only remote" asks for no other arrangement
    values = tuple(name for name in WORK_ARRANGEMENTS if name in found)
    return ProfileField(values, tuple(found[name] for name in values))


def read_locations(sections: Sequence[Section]) -> ProfileField:
    """Places that the CV names as home or as wanted. Workplaces of past jobs do not count."""
    found: dict[str, str] = {}
    for line in lines_of(sections, HEAD, "summary", "personal", "wishes"):
        for match in _place().finditer(line):
            place = match[match.lastgroup or 0].strip(" .,;")
            if place:
                found.setdefault(place, snippet(line, *match.span()))
    return ProfileField(tuple(found), tuple(found.values()))


@functools.cache
def _wish() -> re.Pattern[str]:
    return re.compile("|".join(word_list("wishes")["wish"]["patterns"]), re.IGNORECASE)


@functools.cache
def _arrangements() -> list[tuple[str, re.Pattern[str]]]:
    arrangements = word_list("wishes")["arrangements"]
    return [(name, re.compile("|".join(patterns), re.IGNORECASE)) for name, patterns in arrangements.items()]


@functools.cache
def _place() -> re.Pattern[str]:
    labels = "|".join(map(re.escape, sorted(word_list("wishes")["places"]["labels"], key=len, reverse=True)))
    city = r"[A-ZÄÖÜ][\w.'-]+(?:[ -][A-ZÄÖÜ(][\w.')-]+){0,3}"
    return re.compile(
        rf"^[\s•*]*(?i:{labels})\s*[:\-–]\s*(?P<labelled>[^\n|;•]{{2,60}})"
        rf"|\b(?i:based in|living in|located in|resident in|wohnhaft in|lebe in)\s+(?P<based>{city}(?:, {city})?)"
        rf"|(?<!\d)(?:D-)?\d{{5}}\s+(?P<postal>{city})"
    )
