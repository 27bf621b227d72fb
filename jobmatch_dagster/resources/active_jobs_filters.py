"""The filters of the Active Jobs API: typed, validated before any call, and translated for each generation.

Source: the vendor's parameter lists (first generation: the RapidAPI listing; second: the developer pages of June 2026).
"""

import re
from typing import Any, Literal, Self

import dagster as dg
from pydantic import Field, field_validator, model_validator

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES, WORK_ARRANGEMENTS
from jobmatch_dagster.settings import Generation

# The vendor: "Request < 10,000 characters"; the rest of the address and the paging need some of them.
MAX_QUERY_CHARACTERS = 9_000
EMPLOYMENT_TYPES = (
    "FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER",
)  # fmt: skip

# Field: parameter of the first generation, parameter of the second; None where a generation has none.
_NAMES: dict[str, tuple[str | None, str | None]] = {
    "title": ("title_filter", "title"),
    "title_advanced": ("advanced_title_filter", "title_advanced"),
    "location": ("location_filter", "location"),
    "location_advanced": (None, "location_advanced"),
    "description": ("description_filter", "description"),
    "description_advanced": ("advanced_description_filter", "description_advanced"),
    "organizations": ("organization_filter", "organization"),
    "organizations_excluded": ("organization_exclusion_filter", "exclude_organization"),
    "organization_advanced": ("advanced_organization_filter", "organization_advanced"),
    "description_format": ("description_type", "description_format"),
    "remote": ("remote", None),
    "sources": ("source", "source"),
    "sources_excluded": ("source_exclusion", "exclude_source"),
    "domains": (None, "domain"),
    "domains_excluded": (None, "exclude_domain"),
    "agencies": ("agency", "organization_agency"),
    "include_ai": ("include_ai", None),
    "employment_types": ("ai_employment_type_filter", "ai_employment_type"),
    "work_arrangements": ("ai_work_arrangement_filter", "ai_work_arrangement"),
    "experience_levels": ("ai_experience_level_filter", "ai_experience_level"),
    "has_salary": ("ai_has_salary", "has_salary"),
    "visa_sponsorship": ("ai_visa_sponsorship_filter", "ai_visa_sponsorship"),
    "industries": ("ai_taxonomies_a_filter", "ai_taxonomies_a"),
    "industries_primary": ("ai_taxonomies_a_primary_filter", "ai_taxonomies_a_primary"),
    "industries_excluded": ("ai_taxonomies_a_exclusion_filter", "exclude_ai_taxonomies_a"),
    "languages": (None, "ai_language"),
    "education": ("ai_education_requirements_filter", "ai_education"),
    "include_company": ("include_li", "include_basic_organization_details"),
    "company_slugs": ("li_organization_slug_filter", "organization_slug"),
    "company_slugs_excluded": ("li_organization_slug_exclusion_filter", None),
    "company_industries": ("li_industry_filter", "organization_industry"),
    "company_specialties": ("li_organization_specialties_filter", None),
    "company_description": ("li_organization_description_filter", None),
    "company_size": (None, "organization_size"),
    "employees_at_least": ("li_organization_employees_gte", "organization_headcount_gte"),
    "employees_below": ("li_organization_employees_lte", "organization_headcount_lt"),
    "without_location": (None, "has_no_location"),
}
# Parameters that a feed of the first generation ignores: it would return, and charge for, more postings.
NOT_ON_FEED: dict[str, frozenset[str]] = {
    "6m": frozenset({"li_organization_employees_gte", "ai_education_requirements_filter"}),
    "modified": frozenset({"li_organization_employees_gte"}),
}
_COUNTRY_CODE = re.compile(r"\b[A-Z]{2}\b")
_NEEDS_AI = ("employment_types", "work_arrangements", "experience_levels", "industries", "industries_primary",
             "industries_excluded", "visa_sponsorship", "education")  # fmt: skip
_EXCLUSIVE = (
    ("title", "title_advanced"),
    ("location", "location_advanced"),
    ("description", "description_advanced"),
    ("organizations", "organization_advanced"),
)


class Filters(dg.Config):
    """Which postings to request. An empty value does not filter."""

    title: str = Field(default="", description='Google-like: Data Engineer, "Data Engineer", A OR B, -"x"')
    title_advanced: str = Field(default="", description="tsquery-like: (AI | 'Machine Learning') & ! Marketing")
    location: str = Field(default="Germany", description="English names as the vendor derives them, Google-like")
    location_advanced: str = ""
    description: str = Field(default="", description="Slow on wide feeds; the vendor warns about timeouts")
    description_advanced: str = ""
    organizations: list[str] = Field(default=[], description="Exact names")
    organizations_excluded: list[str] = []
    organization_advanced: str = ""
    description_format: Literal["text", "html"] = "text"
    remote: bool | None = Field(default=None, description="True: remote only. False: all others")
    sources: list[str] = Field(default=[], description="Slugs such as join.com or successfactors")
    sources_excluded: list[str] = []
    domains: list[str] = []
    domains_excluded: list[str] = []
    agencies: Literal["", "only", "exclude"] = Field(default="", description="Recruitment agencies and job boards")
    include_ai: bool = True
    employment_types: list[str] = []
    work_arrangements: list[str] = []
    experience_levels: list[str] = []
    has_salary: bool = False
    visa_sponsorship: bool = False
    industries: list[str] = []
    industries_primary: list[str] = Field(default=[], description="As industries, for a posting's first industry only")
    industries_excluded: list[str] = []
    languages: list[str] = Field(default=[], description="English names: German, English")
    education: list[str] = []
    include_company: bool = True
    company_slugs: list[str] = []
    company_slugs_excluded: list[str] = []
    company_industries: list[str] = []
    company_specialties: str = ""
    company_description: str = ""
    company_size: str = ""
    employees_at_least: int | None = Field(default=None, ge=0)
    employees_below: int | None = Field(default=None, ge=1)
    without_location: bool = False

    @field_validator("location")
    @classmethod
    def _is_english(cls, value: str) -> str:
        if not value.isascii() or (code := _COUNTRY_CODE.search(value.replace("OR", ""))) is not None:
            found = code[0] if value.isascii() and code else value
            raise ValueError(f"{found!r}: write full English names of places (Germany, Munich), no codes")
        return value

    @field_validator("employment_types", "work_arrangements", "experience_levels", "industries", "industries_primary",
                     "industries_excluded")  # fmt: skip
    @classmethod
    def _is_known(cls, values: list[str], info: Any) -> list[str]:
        known = {
            "employment_types": EMPLOYMENT_TYPES,
            "work_arrangements": WORK_ARRANGEMENTS,
            "experience_levels": EXPERIENCE_LEVELS,
        }.get(info.field_name, INDUSTRIES)
        if wrong := [value for value in values if value not in known]:
            raise ValueError(f"{wrong[0]!r} is not a value of the API; use {', '.join(known)}")
        return values

    @field_validator("organizations", "organizations_excluded", "sources", "sources_excluded", "domains",
                     "domains_excluded", "company_slugs", "company_slugs_excluded")  # fmt: skip
    @classmethod
    def _can_be_listed(cls, values: list[str]) -> list[str]:
        for value in values:
            if not value.strip() or re.search(r"[,()]", value):
                raise ValueError(f"{value!r}: a name that is empty or has a comma or parentheses finds nothing")
        return values

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for simple, advanced in _EXCLUSIVE:
            if getattr(self, advanced) and getattr(self, simple) and simple in self.model_fields_set:
                raise ValueError(f"{simple} and {advanced} cannot be combined: leave one empty")
        if not self.include_ai and (needing := [name for name in _NEEDS_AI if getattr(self, name)]):
            raise ValueError(f"{needing[0]} needs include_ai")
        if None not in (self.employees_at_least, self.employees_below) and not (
            (self.employees_at_least or 0) < (self.employees_below or 0)
        ):
            raise ValueError("employees_at_least must be less than employees_below")
        return self

    def parameters(self, generation: Generation) -> dict[str, str]:
        """Query parameters for the generation.

        Raises:
            ValueError: if a filter is set that the generation does not have, or the query is too long.
        """
        found: dict[str, str] = {}
        for field, names in _NAMES.items():
            text = _spelled(field, self._effective(field), generation)
            name = names[0 if generation == "g1" else 1]
            if not text:
                continue
            if name is not None:
                found[name] = text
            elif field != "include_ai":
                raise ValueError(f"{field}: the {generation} API has no such filter; leave it empty")
        if sum(len(name) + len(text) + 2 for name, text in found.items()) > MAX_QUERY_CHARACTERS:
            raise ValueError(f"the filters make a query longer than {MAX_QUERY_CHARACTERS:,} characters; shorten them")
        return found

    def identity(self) -> dict[str, Any]:
        """The filters in effect, the same for both generations; pages of other filters do not cover an hour."""
        return {name: value for name in sorted(_NAMES) if (value := self._effective(name)) not in ("", [], None, False)}

    def _effective(self, field: str) -> Any:
        # An advanced search replaces the default of the simple one.
        replaced = dict(_EXCLUSIVE)
        return "" if field in replaced and getattr(self, replaced[field]) else getattr(self, field)


def _spelled(field: str, value: Any, generation: Generation) -> str:
    if isinstance(value, list):
        return ",".join(f'"{item}"' if re.search(r"[&,]", item) else item for item in value)
    if field == "agencies" and value and generation == "g1":
        return "TRUE" if value == "only" else "FALSE"
    if field == "visa_sponsorship" and value and generation == "g2":
        return "only"
    if field == "remote":
        return "" if value is None else str(value).lower()
    if isinstance(value, bool):
        return "true" if value else ""
    if field == "employees_below" and value is not None:
        return str(value - 1 if generation == "g1" else value)
    return "" if value is None else str(value)
