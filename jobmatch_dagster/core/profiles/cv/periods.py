"""Periods in the lines of a CV: dates, ranges, "since 2019", in English and German.

`experience.py` decides what the time was spent on.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date

# Half-open span of months since year 0 (year * 12 + month - 1).
Span = tuple[int, int]

_FIRST_YEAR = 1950
_MAX_MONTHS = 60 * 12
# Two-digit years from here on are of the 20th century.
_CENTURY_FROM = 60

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan jänner jän", "february februar feb feber", "march märz mar mär mrz maerz",
            "april apr", "may mai", "june juni jun", "july juli jul", "august aug augest",
            "september sept sep", "october oktober oct okt", "november nov", "december dezember dec dez",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + ")"
_YEAR = r"(?:19[5-9]\d|20\d\d)"
_NOW = (
    r"(?P<now>(?:(?:till?|until|to|up\s?to|bis)\s+)?(?:the\s+)?(?:present(?:ly)?|now|to-?day|current(?:ly)?|date|still|"
    r"ongoing|heute|jetzt|aktuell|laufend|dato|gegenwärtig|andauernd)\b)"
)
_TO = (
    r"\s*(?:-{1,2}|–|—|\bto\s+till?\b|\bto\b|\btill?\b|\buntil\b|\bbis(?:\s+(?:zum|einschließlich))?\b|"
    r"\bthrough\b|/(?=\s))\s*"
)


def _point(side: str) -> str:
    """Pattern of a month or a year: named ("6th July 2011", "Jan '12"), ISO, numbered (03/2018, 31.03.2018), short."""
    return (
        rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?[.\s]\s*)?"
        rf"(?P<name{side}>{_MONTH})\b[.,'’\s-]*(?P<name_year{side}>{_YEAR}|\d\d(?![\d.:]))"
        rf"|(?P<iso_year{side}>{_YEAR})-(?P<iso{side}>0[1-9]|1[0-2])(?:-[0-3]\d)?"
        rf"|(?:[0-3]?\d\.)?(?P<number{side}>0?[1-9]|1[0-2])\s?[./-]\s?(?P<number_year{side}>{_YEAR})"
        rf"|(?P<short{side}>0[1-9]|1[0-2])/(?P<short_year{side}>\d\d)"
        rf"|(?P<year{side}>{_YEAR}))(?![\d/])"
    )


_RANGE = re.compile(rf"(?<![\w/.,-])(?<!\d ){_point('1')}{_TO}(?:{_NOW}|{_point('2')})", re.IGNORECASE)
_SINCE = re.compile(rf"\b(?:since|seit)(?:\s+(?:dem|the))?\s+{_point('1')}", re.IGNORECASE)
# "SQL Server 2012 - 2016": versions of a product.
_PRODUCT = re.compile(
    r"\b(?:server|office|windows|excel|studio|sharepoint|exchange|iso|dynamics|project)\s*$", re.IGNORECASE
)


def find_spans(line: str, *, today: date) -> list[tuple[Span, str]]:
    """The periods of a line with their text. Open periods end in the month of `today`, and none ends later."""
    found: list[tuple[Span, str]] = []
    taken = 0
    matches = [match for pattern in (_RANGE, _SINCE) for match in pattern.finditer(line)]
    for match in sorted(matches, key=lambda match: (match.start(), -match.end())):
        if match.start() < taken or _PRODUCT.search(line[: match.start()]):
            continue
        taken = match.end()
        if span := _span(match.groupdict(), today):
            found.append((span, match[0].strip()))
    return found


def union_months(spans: Iterable[Span]) -> int:
    """Number of months that at least one span covers."""
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _span(groups: Mapping[str, str | None], today: date) -> Span | None:
    """Both months count. A bare year means its middle, so that 2015-2017 and 2017-2019 give four years."""
    is_open = bool(groups.get("now")) or "year2" not in groups
    first_year, first_month = _year_and_month(groups, "1")
    last_year, last_month = (today.year, today.month) if is_open else _year_and_month(groups, "2")
    if not _FIRST_YEAR <= first_year <= min(last_year, today.year):
        return None
    start = first_year * 12 + (6 if first_month is None else first_month - 1)
    end = last_year * 12 + (6 if last_month is None else last_month)
    if first_year == last_year and first_month is None:
        # Only the year is known: half of it, or the part of it that has passed.
        start, end = (start - 3, end + 3) if last_month is None else (first_year * 12, end)
    elif last_month is None:
        end = max(end, start + 1)
    end = min(end, today.year * 12 + today.month)
    return (start, end) if start < end <= start + _MAX_MONTHS else None


def _year_and_month(groups: Mapping[str, str | None], side: str) -> tuple[int, int | None]:
    """One side of a range; the month is None if only a year is given."""
    if name := groups[f"name{side}"]:
        return _full_year(groups[f"name_year{side}"]), _MONTHS[name.casefold()]
    for form in ("iso", "number", "short"):
        if month := groups[f"{form}{side}"]:
            return _full_year(groups[f"{form}_year{side}"]), int(month)
    return _full_year(groups[f"year{side}"]), None


def _full_year(text: str | None) -> int:
    year = int(text or 0)
    if year >= 100:
        return year
    return year + (1900 if year >= _CENTURY_FROM else 2000)
