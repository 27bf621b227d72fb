"""The user's own conditions, three-valued: a posting fits, does not fit, or does not say.

Belongs here: what each condition means. A pair that does not fit is not kept. Unknown never excludes, and is shown.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.columns import PostingTerms
from jobmatch_dagster.core.matching.salaries import per_year

Verdict = Literal["fits", "unknown", "does not fit"]
Verdicts = tuple[tuple[str, Verdict], ...]
"""What each condition of a user says about a posting, by name; those that were not asked are left out."""
NOT_ASKED, UNKNOWN, FITS, DOES_NOT_FIT = range(4)
_VERDICTS: Mapping[int, Verdict] = {UNKNOWN: "unknown", FITS: "fits", DOES_NOT_FIT: "does not fit"}

REMOTE_ARRANGEMENTS = ("Remote OK", "Remote Solely")

# In the order of the digits of a filter code.
FILTERS = ("location", "salary", "visa", "language", "company")

# Places with two names in ads of German-speaking countries; both are folded to the English one.
_PLACE_NAMES = {
    "münchen": "munich", "köln": "cologne", "nürnberg": "nuremberg", "hannover": "hanover", "wien": "vienna",
    "zürich": "zurich", "genf": "geneva", "deutschland": "germany", "österreich": "austria", "schweiz": "switzerland",
    "bayern": "bavaria", "sachsen": "saxony", "hessen": "hesse", "niedersachsen": "lower saxony",
    "nordrhein-westfalen": "north rhine-westphalia", "usa": "united states", "uk": "united kingdom",
    "braunschweig": "brunswick",
}  # fmt: skip

# Wishes that are wider than a town, in their English names; Berlin, Hamburg, Bremen and Vienna are towns too. A town
# is compared with the town that a posting names, a country with its country; where it names none, it is unknown.
_COUNTRIES = frozenset({
    "germany", "austria", "switzerland", "liechtenstein", "luxembourg", "belgium", "netherlands", "france", "italy",
    "spain", "portugal", "ireland", "united kingdom", "denmark", "sweden", "norway", "finland", "iceland", "poland",
    "czechia", "czech republic", "slovakia", "hungary", "slovenia", "croatia", "romania", "bulgaria", "greece",
    "cyprus", "malta", "estonia", "latvia", "lithuania", "ukraine", "serbia", "turkey", "united states", "canada",
    "india", "australia", "europe", "eu", "european union", "emea", "dach", "worldwide", "bundesweit",
    "deutschlandweit", "nationwide",
})  # fmt: skip
_REGIONS = frozenset({
    "baden-württemberg", "bavaria", "brandenburg", "hesse", "lower saxony", "mecklenburg-vorpommern",
    "north rhine-westphalia", "rhineland-palatinate", "rheinland-pfalz", "saarland", "saxony", "saxony-anhalt",
    "sachsen-anhalt", "schleswig-holstein", "thuringia", "thüringen", "tyrol", "tirol", "styria", "steiermark",
    "carinthia", "kärnten", "upper austria", "oberösterreich", "lower austria", "niederösterreich", "burgenland",
    "vorarlberg",
})  # fmt: skip
_TOWN, _REGION, _COUNTRY = 1, 2, 4


@dataclass(frozen=True, slots=True)
class UserConditions:
    """What a user asks of a posting, as it is compared; None where nothing is asked."""

    locations: Sequence[str] | None = None
    min_salary: Decimal | None = None
    salary_currency: str | None = None
    needs_visa: bool | None = None
    languages: Sequence[str] | None = None
    excluded_companies: Sequence[str] | None = None

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return bool(
            self.locations
            or self.min_salary is not None
            or self.needs_visa
            or self.languages
            or self.excluded_companies
        )


@dataclass(frozen=True, slots=True)
class PostingConditions:
    """What a posting says about what users may ask, as it is compared; None where it does not."""

    company: str = ""
    places: Sequence[str] | None = None
    """Towns, and the place as the ad words it."""
    regions: Sequence[str] | None = None
    countries: Sequence[str] | None = None
    remote: bool = False
    yearly_salary: float | None = None
    salary_is_least: bool = False
    """The amount is where the offer begins; how far it goes is not said."""
    salary_currency: str | None = None
    visa: bool | None = None
    language: str | None = None


class FilterTable:
    """The conditions of n postings, laid out so that a user's filters are a few array operations."""

    def __init__(self, conditions: Sequence[PostingConditions]) -> None:
        self._count = len(conditions)
        self._places = _index(
            (place, i)
            for i, c in enumerate(conditions)
            for names in (c.places, c.regions, c.countries)
            for place in _folded(names)
        )
        self._scopes = np.array([_scopes_named(c) for c in conditions], np.int8)
        self._remote = np.array([c.remote for c in conditions], np.bool_)
        self._salary = np.array([np.nan if c.yearly_salary is None else c.yearly_salary for c in conditions])
        self._least = np.array([c.salary_is_least for c in conditions], np.bool_)
        self._currency = np.array([c.salary_currency or "" for c in conditions])
        visa = {None: UNKNOWN, True: FITS, False: DOES_NOT_FIT}
        self._visa = np.array([visa[c.visa] for c in conditions], np.int8)
        self._language = np.array([(c.language or "").casefold() for c in conditions])
        self._companies = _index((_fold(c.company), i) for i, c in enumerate(conditions))

    def verdicts(self, user: UserConditions) -> NDArray[np.int8]:
        """Codes of shape (filters, n): NOT_ASKED, UNKNOWN, FITS or DOES_NOT_FIT."""
        codes = np.zeros((len(FILTERS), self._count), np.int8)
        if user.locations:
            wanted = list(_folded(user.locations))
            hits = self._at(self._places, wanted) | self._remote
            asked = np.bitwise_or.reduce([_scope(name) for name in wanted], dtype=np.int8)
            codes[0] = np.where(hits, FITS, np.where(asked & ~self._scopes, UNKNOWN, DOES_NOT_FIT))
        if user.min_salary is not None:
            known = ~np.isnan(self._salary)
            if user.salary_currency:
                known &= self._currency == user.salary_currency
            enough = np.nan_to_num(self._salary) >= float(user.min_salary)
            less = np.where(self._least, UNKNOWN, DOES_NOT_FIT)
            codes[1] = np.where(known, np.where(enough, FITS, less), UNKNOWN)
        if user.needs_visa:
            codes[2] = self._visa
        if user.languages:
            spoken = np.isin(self._language, [language.casefold() for language in user.languages])
            codes[3] = np.where(self._language == "", UNKNOWN, np.where(spoken, FITS, DOES_NOT_FIT))
        if user.excluded_companies:
            excluded = self._at(self._companies, [_fold(name) for name in user.excluded_companies])
            codes[4] = np.where(excluded, DOES_NOT_FIT, FITS)
        return codes

    def _at(self, index: Mapping[str, NDArray[np.int64]], names: Iterable[str]) -> NDArray[np.bool_]:
        hits = np.zeros(self._count, np.bool_)
        for name in names:
            if name in index:
                hits[index[name]] = True
        return hits


def filter_code(codes: NDArray[np.int8]) -> NDArray[np.int16]:
    """Codes of shape (filters, n) as one number each; base 4, so that all of a pair's verdicts fit one column."""
    digits = (codes[place].astype(np.int16) << (2 * place) for place in range(len(FILTERS)))
    total: NDArray[np.int16] = np.sum(list(digits), axis=0, dtype=np.int16)
    return total


@functools.cache
def verdicts_of(code: int) -> Verdicts:
    """The verdicts behind a filter code."""
    digits = ((name, code >> (2 * place) & 3) for place, name in enumerate(FILTERS))
    return tuple((name, _VERDICTS[digit]) for name, digit in digits if digit != NOT_ASKED)


def conditions_of_posting(ad: PostingTerms, work_arrangement: str | None) -> PostingConditions:
    """What is compared of a posting; the work arrangement is that of its facts, which the ad itself may have named."""
    return PostingConditions(
        company=ad.company,
        places=[*(ad.cities_derived or ()), *([ad.location] if ad.location else ())],
        regions=ad.regions_derived,
        countries=ad.countries_derived,
        remote=bool(ad.remote_derived) or work_arrangement in REMOTE_ARRANGEMENTS,
        yearly_salary=yearly_salary(
            low=ad.ai_salary_minvalue, high=ad.ai_salary_maxvalue, value=ad.ai_salary_value, unit=ad.ai_salary_unittext
        ),
        salary_is_least=ad.ai_salary_maxvalue is None and ad.ai_salary_value is None,
        salary_currency=ad.ai_salary_currency,
        visa=ad.ai_visa_sponsorship,
        language=ad.ai_job_language,
    )


def yearly_salary(
    *, low: Decimal | float | None, high: Decimal | float | None, value: Decimal | float | None, unit: str | None
) -> float | None:
    """The most that a posting offers in a year; None when it names no amount or no unit."""
    best = next((amount for amount in (high, value, low) if amount is not None), None)
    yearly = per_year(best, unit)
    return None if yearly is None else float(yearly)


def _scopes_named(conditions: PostingConditions) -> int:
    """Which of town, region and country a posting names, as bits."""
    regions, countries = set(_folded(conditions.regions)), set(_folded(conditions.countries))
    levels = (_REGION if regions else 0) | (_COUNTRY if countries else 0)
    for name in _folded(conditions.places):
        levels |= _REGION if name in regions else _COUNTRY if name in countries else _scope(name)
    return levels


def _scope(name: str) -> int:
    return _COUNTRY if name in _COUNTRIES else _REGION if name in _REGIONS else _TOWN


def _folded(places: Sequence[str] | None) -> Iterable[str]:
    """Places and their parts ("Munich, Bavaria, Germany"), folded, in one naming."""
    for place in places or ():
        for part in place.split(","):
            if name := _fold(part):
                yield _PLACE_NAMES.get(name, name)


def _fold(name: str) -> str:
    return " ".join(name.casefold().split())


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {}
    for name, place in pairs:
        found.setdefault(name, []).append(place)
    return {name: np.array(places, np.int64) for name, places in found.items()}
