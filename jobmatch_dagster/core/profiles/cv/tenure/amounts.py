"""Amounts of years in a sentence: "8+ years", "twenty-five years", "1 ½ Jahre", "3 yrs 6 mos", "over a decade".

Every amount is a lower bound: "5-7 years" are 5.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobmatch_dagster.core.profiles.cv.word_lists import word_list

_MAX_YEARS = 60

UNIT = (
    r"(?P<unit>years?|yrs?|y|jahre?[ns]?|jährige?[nrms]?|j(?=\.)|années?|ans|an(?= d['’])|"
    r"months?|mos?|mths?|monate?n?|monatige?[nrms]?|mois|decades?|jahrzehnte?n?|décennies?)(?!\w)"
)
_HAS_UNIT = re.compile(rf"(?<![^\W\d_]){UNIT}|jährig|monatig", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount in years, and its place in the text."""

    years: float
    start: int
    end: int


def find_amounts(text: str) -> Iterator[Amount]:
    """The amounts of a text that may be a person's years of work."""
    for match in _amount().finditer(text) if _HAS_UNIT.search(text) else ():
        if 0 < (years := _years(match)) <= _MAX_YEARS:
            yield Amount(years, match.start(), match.end())


def only_amount(text: str) -> Amount | None:
    """The amount that is the whole text."""
    match = _amount().fullmatch(text)
    return Amount(_years(match), 0, len(text)) if match and 0 < _years(match) <= _MAX_YEARS else None


def amount_begins(text: str, at: int) -> bool:
    """Whether an amount begins at this place."""
    return _amount().match(text, at) is not None


def _years(match: re.Match[str]) -> float:
    unit = match["unit"].casefold()
    months_each = 120 if unit.startswith(("dec", "déc", "jahrz")) else 1 if unit.startswith("m") else 12
    count = _number(match["count"]) + (0.5 if match["half"] else 0)
    return round((count * months_each + int(match["months"] or 0)) / 12, 1)


def _number(text: str) -> float:
    folded = " ".join(text.casefold().replace("-", " ").split())
    if folded in _number_words():
        return _number_words()[folded]
    digits = folded.replace("½", " ").removesuffix(" 1/2").strip()
    return (float(digits.replace(",", ".")) if digits else 0.0) + (0.5 if digits != folded else 0.0)


@functools.cache
def _amount() -> re.Pattern[str]:
    longest_first = sorted(_number_words(), key=len, reverse=True)
    words = "|".join(re.escape(word).replace(r"\ ", r"[\s-]+").replace("ss", "(?:ss|ß)") for word in longest_first)
    number = rf"(?:\d{{1,2}}(?:[.,]\d{{1,2}})?(?:\s?½|\s1/2)?|½|(?:{words})(?=\W|jährig|monatig))"
    return re.compile(
        rf"""(?<![\w.,/–-]) (?P<count>{number})
        (?:\s*\(\s*{number}\s*\+?\s*\))?                       # eight (8)
        (?:-?\s*(?:-|–|—|to|bis|or|oder|à)\s*{number})?        # 5-7, fünf- bis zehnjährige
        \s*(?:\+|plus\b)?\s*-?\s*                             # 5+
        (?:(?:or|and|und|oder)\s(?:more|mehr)\s+|(?:full|good|solid|long|volle?n?|gute?n?)\s+)?
        {UNIT.replace(" ", "[ ]")} (?:(?<![a-zäöüß]{{4}})\.)?    # the stop of "yrs.", not of a sentence
        (?P<half>\s+and\sa\shalf|\s+et\sdemie?)?
        (?:\s*(?:and|und|et|,|&)?\s*(?P<months>\d{{1,2}})\s*(?:months?|mos?|mths?|monate?n?|mois|m)\b\.?)?
        \s*(?:\+|plus\b|lang\b)?""",
        re.IGNORECASE | re.VERBOSE,
    )


@functools.cache
def _number_words() -> dict[str, float]:
    """Numbers in words, in lower case and with blanks for hyphens."""
    lists = word_list("stated_years")["numbers"]
    words: dict[str, float] = dict(lists["other"])
    for language in ("english", "german", "french"):
        units = dict(zip((word.replace("-", " ") for word in lists[language]), range(1, 20), strict=True))
        tens = dict(zip(lists[f"{language}_tens"], range(20, 60, 10), strict=False))
        digits = {word: number for word, number in units.items() if number <= 9}
        join = "{1}und{0}" if language == "german" else "{0} {1}"
        words |= units | tens
        words |= {join.format(ten, digit): tens[ten] + digits[digit] for ten in tens for digit in digits}
        if language != "french":
            half = "{}einhalb" if language == "german" else "{} and a half"
            words |= {half.format(digit): number + 0.5 for digit, number in digits.items()}
    return {word.casefold(): number for word, number in words.items()}
