"""Where a schema.org JobPosting is: its places, its coordinates, and whether it may be done from home."""

from collections.abc import Mapping
from typing import Any

from jobmatch_dagster.core.json_values import JsonValue
from jobmatch_dagster.core.raw.posting_values import Properties, list_of, name_of, text_of
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.gazetteer import country_name

_REMOTE_WORDS = ("telecommute", "remote")
_TOWN, _REGION, _COUNTRY = "addressLocality", "addressRegion", "addressCountry"
_MAX_PLACES = 100


def place_fields(properties: Properties) -> dict[str, Any]:
    """Fields of the places, by the names of `fields.py`; what is not stated is left out.

    A place that is one line of text is kept as that line: which part of it is the town is not known.
    """
    places = [_Place(item) for item in list_of(properties.value("jobLocation"))[:_MAX_PLACES]]
    requirements = list_of(properties.value("applicantLocationRequirements"))[:_MAX_PLACES]
    allowed = [name for item in requirements if (name := name_of(item))]
    kind = " ".join(text_of(item) or "" for item in list_of(properties.value("jobLocationType"))).casefold()
    is_remote = any(word in kind for word in _REMOTE_WORDS)
    lines = [place.line for place in places if place.line]
    countries = [place.country for place in places if place.country]
    if is_remote and not countries:
        countries = [country for name in allowed if (country := country_name(name))]
    points = [place.point for place in places if place.point]
    return {
        "locations_raw": [place.raw for place in places if place.line] or None,
        "locations_derived": _once(lines),
        "cities_derived": _once(place.town for place in places),
        "regions_derived": _once(place.region for place in places),
        "countries_derived": _once(countries),
        "lats_derived": [point[0] for point in points] or None,
        "lngs_derived": [point[1] for point in points] or None,
        "location_type": "TELECOMMUTE" if is_remote else None,
        "remote_derived": True if is_remote else None,
        "ai_work_arrangement": ("Remote OK" if lines else "Remote Solely") if is_remote else None,
        "location_requirements_raw": [{"name": name} for name in allowed] or None,
        "ai_remote_location": _once(allowed) if is_remote else None,
    }


class _Place:
    """One place: its town, region and country, as far as they are stated apart, and all of it in a line."""

    def __init__(self, value: JsonValue) -> None:
        self.town = self.region = self.country = self.point = None
        place = Properties(value, {}) if isinstance(value, Mapping) else None
        address = (place.value("address") or value) if place else value
        address = next(iter(list_of(address)), None)
        if isinstance(address, Mapping):
            parts = Properties(address, {})
            self.town, self.region = _line(parts.value(_TOWN)), _line(parts.value(_REGION))
            stated = _line(parts.value(_COUNTRY))
            self.country = (country_name(stated) or stated) if stated else None
            stated_parts = [part for part in (self.town, self.region, self.country) if part]
            self.line = ", ".join(dict.fromkeys(stated_parts)) or _line(parts.first("name", "streetAddress")) or ""
        else:
            self.line = _line(address) or ""
        self.raw = {"@type": "Place", "address": {_TOWN: self.town, _REGION: self.region, _COUNTRY: self.country}}
        if not (self.town or self.region or self.country):
            self.raw = {"@type": "Place", "address": self.line}
        self.point = _point(place.value("geo")) if place else None


def _line(value: JsonValue) -> str | None:
    return clean_line((text_of(value) or "")[:300]) or None


def _point(geo: JsonValue) -> tuple[float, float] | None:
    """Latitude and longitude in degrees; None if they are missing or impossible. 0, 0 is what is sent for unknown."""
    geo = next(iter(list_of(geo)), None)
    if not isinstance(geo, Mapping):
        return None
    properties = Properties(geo, {})
    try:
        latitude, longitude = (float(text_of(properties.value(name)) or "nan") for name in ("latitude", "longitude"))
    except ValueError:
        return None
    is_possible = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0, 0)
    return (latitude, longitude) if is_possible else None


def _once(values: Any) -> list[str] | None:
    return list(dict.fromkeys(value for value in values if value)) or None
