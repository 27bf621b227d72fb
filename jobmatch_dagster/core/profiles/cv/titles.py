"""Job titles in a CV, newest first, and the seniority that they name."""

import functools
import re
from collections.abc import Iterator, Sequence

from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.profiles.cv.sections import HEAD, HEADLINE, Section
from jobmatch_dagster.core.profiles.cv.word_lists import any_word, word_list

_MAX_TITLES = 5
_MAX_WORDS = 7
# A longer line is prose or a list.
_MAX_LINE_WORDS = 16
_HEAD_LINES = 8
# What separates a title from the company, the place or the dates.
_SEPARATOR = re.compile(
    r"\s[-–—|@]+\s|\s*[|•@;]\s*|,\s+|\s+(?:at|bei|for|with|in der|im)\s+|\s{2,}|(?<=\w)\s*\((?=\D*\d)", re.IGNORECASE
)
_GENDERS = re.compile(
    r"\(\s*(?:[mwdfxi]|gn|all genders)(?:\s*[/|,]\s*[mwdfxi])*\s*\)|(?<=\w)[:*](?:in|innen)\b", re.IGNORECASE
)
_LABEL = re.compile(r"^[\s•*–-]*(?P<label>[^:\n]{3,25}?)\s*:\s*[-–]?\s*(?P<title>\S.*)$")
# "company - Kranich Developers": how the export of some portals names the company.
_FIRM = re.compile(
    r"^\W*(?:company|employer|client|organi[sz]ation|firm|firma|arbeitgeber|unternehmen|kunde)\s*[-–:]", re.IGNORECASE
)
_DATES = re.compile(r"[(\[]?\b(?:\w+\.?\s)?(?:\d{1,2}[./])?(?:19|20)\d\d\b.*$")
_TRAILING = re.compile(r"[\s.,:;–-]+$")
# Words that make a line a sentence or an address, not a title.
_NO_TITLE = re.compile(
    r"[@?!=]|\w\.\s+\w|\b(?:i|we|my|is|are|was|were|has|have|the|to|by|from|this|that|which|our|their|ich|wir|ist|sind|wurde|die|das|"
    r"dem|den|der|bachelor|master of|university|college|school|institute|company|client|pvt|ltd|gmbh|inc|llp|thesis|declare)\b",
    re.IGNORECASE,
)


def find_titles(sections: Sequence[Section]) -> list[str]:
    """The person's present and past titles, each once, in the order of the CV, which is usually newest first."""
    found = dict.fromkeys(title for title in _candidates(sections) if title)
    once: dict[str, str] = {}
    for title in found:
        once.setdefault(title.casefold(), title)
    return list(once.values())[:_MAX_TITLES]


def seniority_of(titles: Sequence[str]) -> tuple[str, str] | None:
    """Seniority that the newest title names, and that title; None if it names none."""
    for title in titles[:1]:
        own = _others_levels().sub("", title)
        for level, pattern in _seniorities():
            if pattern.search(own):
                return level, title
    return None


def is_role(text: str) -> bool:
    """Whether the text contains a word for a job."""
    return bool(_roles().search(text))


def _candidates(sections: Sequence[Section]) -> Iterator[str]:
    for section in sections:
        if section.kind == HEADLINE:
            yield from _headline_titles(section.lines)
    for section in sections:
        filled = [line for line in section.lines if line.strip()]
        if section.kind in {HEAD, "summary", "wishes"}:
            yield from map(_title, filled[:_HEAD_LINES])
        elif section.kind == "experience":
            yield from map(_title, filled)


def _headline_titles(lines: Sequence[str]) -> Iterator[str]:
    """The first line of a headline is the job applied for. Further lines count if they name a job or repeat it."""
    first = lines[0] if lines else ""
    wanted = set(re.findall(r"\w{2,}", first.casefold()))
    for line in lines[1:]:
        if is_role(line) or wanted & set(re.findall(r"\w{2,}", line.casefold())):
            yield _part(line, needs_role=False)
    yield _part(first, needs_role=False)


def _title(line: str) -> str:
    """The title in a line of the head or of a job's description; "" if there is none."""
    if _FIRM.match(line) or len(_DATES.sub("", line).split()) > _MAX_LINE_WORDS:
        return ""
    labelled = _LABEL.match(line)
    if labelled:
        is_label = labelled["label"].casefold() in word_list("titles")["roles"]["labels"]
        return _part(labelled["title"], needs_role=True) if is_label else ""
    if line.lstrip()[:1] in "•*-–+":
        return ""
    title = _part(line, needs_role=True)
    return title if _is_capitalised(title) else ""


def _part(line: str, *, needs_role: bool) -> str:
    """The part of a line that is the title, without company, place, dates, gender marks and contact data."""
    line = remove_contacts(line, " | ")
    parts = [_TRAILING.sub("", part) for part in _SEPARATOR.split(_GENDERS.sub("", _DATES.sub("", line))) if part]
    for part in parts:
        title = " ".join(part.strip(" ()[]\t").split())
        if (
            title
            and len(title.split()) <= _MAX_WORDS
            and not _NO_TITLE.search(title)
            and (is_role(title) or not needs_role)
        ):
            return title
    return ""


def _is_capitalised(title: str) -> bool:
    return all(word[0].isupper() or len(word) <= 3 or not word[0].isalpha() for word in title.split())


@functools.cache
def _roles() -> re.Pattern[str]:
    roles = word_list("titles")["roles"]
    words = "|".join(map(re.escape, sorted(roles["words"], key=len, reverse=True)))
    endings = "|".join(map(re.escape, sorted(roles["endings"], key=len, reverse=True)))
    return re.compile(rf"(?<!\w)(?:(?:{words})s?|\w*(?:{endings}))(?!\w)", re.IGNORECASE)


@functools.cache
def _others_levels() -> re.Pattern[str]:
    return re.compile("|".join(word_list("titles")["no_seniority"]["patterns"]), re.IGNORECASE)


@functools.cache
def _seniorities() -> list[tuple[str, re.Pattern[str]]]:
    return [(level, any_word(words)) for level, words in word_list("titles")["seniority"].items()]
