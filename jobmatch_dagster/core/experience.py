"""Years of work experience, from what a CV says about time.

Put here dates, periods and stated totals, English and German. Which lines are about work is decided by the
caller.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS

# Half-open spans of months; a month is counted since year 0 (year * 12 + month - 1).
Span = tuple[int, int]

_FIRST_YEAR = 1950
_MAX_YEARS = 60
# Lower bounds in years of the vendor's levels, in their order.
_LEVEL_FROM_YEARS = (0, 2, 5, 10)

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
_POINT = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th)?[.\s]\s*)?(?P<name{{0}}>{_MONTH})\b[.,'’\s-]*(?P<name_year{{0}}>{_YEAR}|\d\d(?![\d.:]))"
    rf"|(?P<iso_year{{0}}>{_YEAR})-(?P<iso_month{{0}}>0[1-9]|1[0-2])(?:-[0-3]\d)?(?![\d])"
    rf"|(?:[0-3]?\d\.)?(?P<number{{0}}>0?[1-9]|1[0-2])\s?[./-]\s?(?P<number_year{{0}}>{_YEAR})"
    rf"|(?P<short{{0}}>0[1-9]|1[0-2])/(?P<short_year{{0}}>\d\d)(?![\d/])"
    rf"|(?P<year{{0}}>{_YEAR}))(?![\d/])"
)
_NOW = (
    r"(?P<now>(?:(?:till?|until|to|up\s?to|bis)\s+)?(?:the\s+)?(?:present(?:ly)?|now|to-?day|current(?:ly)?|date|still|ongoing|"
    r"heute|jetzt|aktuell|laufend|dato|gegenwärtig|andauernd))\b"
)
_TO = r"\s*(?:-{1,2}|–|—|\bto\s+till?\b|\bto\b|\btill?\b|\buntil\b|\bbis(?:\s+(?:zum|einschließlich))?\b|\bthrough\b|/(?=\s))\s*"
_BEFORE = r"(?<![\w/.,-])(?<!\d )"
_RANGE = re.compile(_BEFORE + _POINT.format(1) + rf"(?:{_TO})(?:{_NOW}|{_POINT.format(2)})", re.IGNORECASE)
_SINCE = re.compile(r"\b(?:since|seit)(?:\s+(?:dem|the))?\s+" + _POINT.format(1), re.IGNORECASE)
# "SQL Server 2012 - 2016": versions of a product.
_PRODUCT = re.compile(
    r"\b(?:server|office|windows|excel|studio|sharepoint|exchange|iso|dynamics|project)\s*$", re.IGNORECASE
)

_NUMBER_WORDS = {
    word: number
    for number, words in enumerate(
        (
            "one ein einem einjährige", "two zwei", "three drei", "four vier", "five fünf", "six sechs", "seven sieben",
            "eight acht", "nine neun", "ten zehn", "eleven elf", "twelve zwölf",
        ),
        start=1,
    )
    for word in words.split()
}  # fmt: skip
_COUNT = rf"(?P<count>\d{{1,2}}(?:[.,]\d{{1,2}})?|\b(?:{'|'.join(_NUMBER_WORDS)}))"
_UNIT = r"(?P<unit>years?|yrs?\.?|months?|jahren?|jahre?|monaten?|monate?|jährige[rn]?)"
_AMOUNT = (
    rf"{_COUNT}\s*(?:\+|plus)?\s*-?\s*{_UNIT}(?:\s*(?:and|und|,|&)?\s*(?P<months>\d{{1,2}})\s*(?:months?|monate?n?))?"
)
_WORK = r"(?:experience|experienced|exprience|experince|exp\b|practi[cs]e|\w*erfahrung(?:en)?|berufspraxis)"
# "8 years of work experience", "experience of 8 years", "Total Experience: 5.6 years".
_STATED = (
    re.compile(rf"(?<![\d.,-]){_AMOUNT}\W?[^.\n•]{{0,40}}?{_WORK}", re.IGNORECASE),
    re.compile(
        rf"{_WORK}\W{{1,3}}(?:(?:of|over|for|more|than|about|around|at|least|is|in|von|über|mehr|als|seit|ca)\b\W{{0,2}}){{0,4}}{_AMOUNT}",
        re.IGNORECASE,
    ),
    re.compile(
        rf"\b(?:working|worked|practi[cs]e|tätig|work)\b[^.\n•]{{0,60}}?\b(?:past|last|for|seit|than)\s+(?:the\s+)?{_AMOUNT}",
        re.I,
    ),
)
# Years of others: a firm's, a team's, what an ad or a client asks for.
_OTHERS = re.compile(
    r"\b(?:team of|company with|firm with|unternehmen mit|minimum|mindestens|required|client has)\b", re.I
)
_AT_SKILL = re.compile(
    rf"{_WORK}\s*[-–:]\s*(?:(?P<under>less than 1 year)|(?P<count>\d{{1,3}})\s*(?:months?|monate?))", re.IGNORECASE
)
_UNDER_A_YEAR_MONTHS = 6


@dataclass(frozen=True)
class Experience:
    """Years of work experience, None when the CV does not say, and the pieces of text behind them."""

    years: float | None
    evidence: tuple[str, ...] = ()

    @property
    def level(self) -> str | None:
        """The vendor's level: a posting for "2-5" asks for at least 2 and under 5 years."""
        return None if self.years is None else level_of(self.years)


def level_of(years: float) -> str:
    """The vendor's level that so many years belong to."""
    return [name for name, from_years in zip(EXPERIENCE_LEVELS, _LEVEL_FROM_YEARS, strict=True) if years >= from_years][
        -1
    ]


def measure_experience(
    dated: Sequence[str], stating: Sequence[str], skills: Sequence[str], *, today: date
) -> Experience:
    """Years of experience from lines about jobs, lines that may state a total, and lines of listed skills.

    Dated jobs (overlaps counted once) and a stated total are both lower bounds, since many CVs date only their last
    jobs: the larger one counts. Months at single skills count only where there is neither.
    """
    spans = [(span, text) for line in dated for span, text in find_spans(line, today=today)]
    years, evidence = round(union_months(span for span, _ in spans) / 12, 1), [text for _, text in spans]
    stated = max((found for line in stating for found in _stated_years(line)), default=(0.0, ""))
    if stated[0] > years:
        years, evidence = stated[0], [stated[1]]
    if not years:
        at_skills = max((found for line in skills for found in _skill_years(line)), default=(0.0, ""))
        years, evidence = at_skills[0], [at_skills[1]]
    return Experience(years, tuple(dict.fromkeys(evidence))) if years else Experience(None)


def union_months(spans: Iterable[Span]) -> int:
    """Months that at least one span covers."""
    covered, reached = 0, 0
    for start, end in sorted(spans):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def find_spans(line: str, *, today: date) -> list[tuple[Span, str]]:
    """The periods that a line names, with their text; open ones reach to the month of `today`, none beyond it."""
    found = []
    taken: list[tuple[int, int]] = []
    for pattern in (_RANGE, _SINCE):
        for match in pattern.finditer(line):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            if _PRODUCT.search(line[: match.start()]):
                continue
            taken.append(match.span())
            span = _span(match, today)
            if span:
                found.append((span, match[0].strip()))
    return found


def _span(match: re.Match[str], today: date) -> Span | None:
    groups = match.groupdict()
    this_month = today.year * 12 + today.month
    first_year, first_month = _point(groups, "1")
    if groups.get("now") or "year2" not in groups:
        end_year, last_month = today.year, today.month
    else:
        end_year, last_month = _point(groups, "2")
    if not _FIRST_YEAR <= first_year <= end_year or first_year > today.year:
        return None
    # A bare year means its middle, so that 2015-2017 and 2017-2019 join to four years.
    start = first_year * 12 + (6 if first_month is None else first_month - 1)
    end = end_year * 12 + (6 if last_month is None else last_month)
    if first_month is None and end_year == first_year:
        start, end = (start - 3, end + 3) if last_month is None else (first_year * 12, end)
    elif end <= start and last_month is None:
        end = start + 1
    end = min(end, this_month)
    return (start, end) if start < end <= start + _MAX_YEARS * 12 else None


def _point(groups: dict[str, str | None], which: str) -> tuple[int, int | None]:
    """Year and month (None when only a year is given) of one side of a range."""
    if name := groups[f"name{which}"]:
        return _full_year(groups[f"name_year{which}"]), _MONTHS[name.casefold()]
    for kind in ("iso_month", "number", "short"):
        if month := groups[f"{kind}{which}"]:
            return _full_year(groups[f"{kind.removesuffix('_month')}_year{which}"]), int(month)
    return _full_year(groups[f"year{which}"]), None


def _full_year(text: str | None) -> int:
    year = int(text or 0)
    if year >= 100:
        return year
    return year + (1900 if year >= 60 else 2000)


def _stated_years(line: str) -> Iterator[tuple[float, str]]:
    if _OTHERS.search(line):
        return
    for pattern in _STATED:
        for match in pattern.finditer(line):
            word = match["count"].casefold()
            count = float(_NUMBER_WORDS.get(word) or word.replace(",", "."))
            in_months = match["unit"].casefold().startswith("mon")
            years = count / 12 if in_months else count + int(match["months"] or 0) / 12
            if years <= _MAX_YEARS:
                yield round(years, 1), match[0]


def _skill_years(line: str) -> Iterator[tuple[float, str]]:
    for match in _AT_SKILL.finditer(line):
        months = _UNDER_A_YEAR_MONTHS if match["under"] else int(match["count"])
        yield round(min(months, _MAX_YEARS * 12) / 12, 1), line.strip()
