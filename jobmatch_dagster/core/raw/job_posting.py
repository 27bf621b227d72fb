"""From a schema.org JobPosting to a record with the field names of `fields.py`, for the same normaliser.

Belongs here: what each property means. `posting_values.py` reads single values, `json_ld.py` finds the objects. What a
document does not say is left out, so that it stays unknown. Source: https://schema.org/JobPosting and Google's
structured-data guide for it.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urldefrag, urljoin, urlsplit

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.posting import INDUSTRIES
from jobmatch_dagster.core.raw.page_records import UnusableRecord
from jobmatch_dagster.core.raw.posting_places import place_fields
from jobmatch_dagster.core.raw.posting_values import (
    Properties,
    employment_types,
    experience_level,
    last_moment,
    list_of,
    moment,
    name_of,
    pay_fields,
    short_items,
    text_of,
)
from jobmatch_dagster.core.text import clean_line, sha256_hex

_MAX_ID_CHARACTERS = 100
_MAX_SLUG_CHARACTERS = 40
_MAX_SHOWN_CHARACTERS = 20_000
# Sections of an ad that have a property of their own, and how they are headed in the text.
_SECTIONS = {
    "responsibilities": "Responsibilities", "qualifications": "Qualifications", "skills": "Skills",
    "experiencerequirements": "Experience", "jobbenefits": "Benefits",
}  # fmt: skip
_HAS_TAG = re.compile(r"<[a-zA-Z/]|&lt;")
_NO_REQUIREMENT = "no requirements"
_INDUSTRIES = {industry.casefold(): industry for industry in INDUSTRIES}


@dataclass(frozen=True)
class Origin:
    """Where a posting comes from.

    Attributes:
        source: name of the source; it begins every external id.
        first_seen_at: when its document was read first, ISO 8601; it counts as the time of indexing.
        url: address of the document; None if it has none.
        is_alone: whether it is the only posting of the document, so that the address means it alone.
        by_id: objects of the document by their `@id`.
    """

    source: str
    first_seen_at: str
    url: str | None = None
    is_alone: bool = True
    by_id: Mapping[str, JsonObject] = field(default_factory=dict)


def posting_record(node: JsonObject, origin: Origin) -> dict[str, JsonValue] | UnusableRecord:
    """A JobPosting as a record (names of G1), or why it cannot be one."""
    properties = Properties(node, origin.by_id)
    title, company = text_of(properties.first("title", "name")), name_of(properties.value("hiringOrganization"))
    if not title:
        return _unusable(node, "title", 'missing; a posting needs one, such as "title": "Nurse"')
    if not company:
        reason = 'no name in it; a posting needs its employer, as {"@type": "Organization", "name": "…"}'
        return _unusable(node, "hiringOrganization", reason)
    places = place_fields(properties)
    url = _address(properties, origin)
    external_id = _external_id(properties, origin, company, [title, company, *(places["locations_derived"] or ())])
    types = employment_types(properties.value("employmentType"))
    education = [item for item in short_items(properties.value("educationRequirements")) if item != _NO_REQUIREMENT]
    industries = (_INDUSTRIES.get(item.casefold()) for item in short_items(properties.value("industry")))
    record: dict[str, JsonValue] = {
        "id": external_id,
        "title": title,
        "organization": company,
        "url": url or f"urn:jobmatch:{quote(external_id, safe=':')}",
        "date_created": origin.first_seen_at,
        "date_posted": moment(properties.value("datePosted")),
        "date_validthrough": last_moment(properties.value("validThrough")),
        "description_text": _description(properties),
        "source": origin.source,
        "source_type": "json-ld",
        "source_domain": urlsplit(url).hostname if url else None,
        **_organization(properties.value("hiringOrganization")),
        "employment_type": types,
        "ai_employment_type": types,
        **places,
        **pay_fields(properties),
        "ai_key_skills": short_items(properties.value("skills")),
        "ai_benefits": short_items(properties.value("jobBenefits")),
        "ai_education_requirements": education,
        "ai_experience_level": experience_level(properties.value("experienceRequirements")),
        "ai_taxonomies_a": [industry for industry in industries if industry],
        "ai_job_language": name_of(properties.value("inLanguage")),
    }
    return {name: value for name, value in record.items() if value not in (None, "", [], {})}


def _unusable(node: JsonObject, name: str, reason: str) -> UnusableRecord:
    """The posting in the quarantine, without the people to apply to."""
    shown = {key: value for key, value in node.items() if "contact" not in key.casefold()}
    return UnusableRecord(json.dumps(shown, ensure_ascii=False)[:_MAX_SHOWN_CHARACTERS], name, reason)


def _external_id(properties: Properties, origin: Origin, company: str, described: list[str]) -> str:
    """An id that no other source can have: `source:employer:identifier`, else from the address, else from the content.

    An identifier is unique at its employer alone, so the employer is part of the id.
    """
    if identifier := text_of(properties.value("identifier")):
        slug = re.sub(r"[\W_]+", "-", company.casefold()).strip("-")[:_MAX_SLUG_CHARACTERS]
        readable = ":".join((origin.source, slug, clean_line(identifier).replace(" ", "-")))
        if len(readable) <= _MAX_ID_CHARACTERS:
            return readable
        described = [company, identifier]
    elif url := _web_address(properties, origin.url) or (origin.url if origin.is_alone else None):
        described = [urldefrag(url).url]
    return f"{origin.source}:{sha256_hex(chr(10).join(described))[:16]}"


def _address(properties: Properties, origin: Origin) -> str | None:
    return _web_address(properties, origin.url) or origin.url


def _web_address(properties: Properties, base: str | None) -> str | None:
    """The posting's own address on the web; None if it states none."""
    for name in ("url", "mainEntityOfPage", "@id"):
        if found := web_address(text_of(properties.value(name)), base):
            return found
    return None


def web_address(text: str | None, base: str | None = None) -> str | None:
    """An absolute http address, completed by the document's; None for anything else."""
    if not text or text.startswith("#"):
        return None
    try:
        found = urljoin(base or "", text.strip())
        parts = urlsplit(found)
    except ValueError:
        return None
    return found if parts.scheme in ("http", "https") and parts.hostname and not re.search(r"\s", found) else None


def _organization(value: JsonValue) -> dict[str, JsonValue]:
    organization = next((item for item in list_of(value) if isinstance(item, Mapping)), None)
    if organization is None:
        return {}
    properties = Properties(organization, {})
    return {
        "organization_url": web_address(text_of(properties.first("sameAs", "url"))),
        "organization_logo": web_address(text_of(properties.value("logo"))),
    }


def _description(properties: Properties) -> str | None:
    """The ad's text, with the sections that have a property of their own and are not in the text already."""
    text = text_of(properties.value("description"), join=True) or ""
    said = text.casefold()
    mark = "<br><br>" if _HAS_TAG.search(text) else "\n\n"
    for name, heading in _SECTIONS.items():
        section = text_of(properties.value(name), join=True)
        if section and section != _NO_REQUIREMENT and section.casefold() not in said:
            text = f"{text}{mark}{heading}{'<br>' if mark[0] == '<' else chr(10)}{section}"
    return text.strip() or None
