"""The posting: one normalised job ad, field for field a row of the `jobs` table.

Belongs here: the posting's shape. Reading vendor records belongs in `catalog/normalise.py`; the columns that single
functions ask for are named in `columns.py`.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

EXPERIENCE_LEVELS = ("0-2", "2-5", "5-10", "10+")
WORK_ARRANGEMENTS = ("On-site", "Hybrid", "Remote OK", "Remote Solely")
SALARY_UNITS = ("HOUR", "DAY", "WEEK", "MONTH", "YEAR")

# The vendor's `ai_taxonomies_a` (Active Jobs DB parameter list, 33 values).
INDUSTRIES = (
    "Technology", "Healthcare", "Management & Leadership", "Finance & Accounting", "Human Resources", "Sales",
    "Marketing", "Customer Service & Support", "Education", "Legal", "Engineering", "Science & Research", "Trades",
    "Construction", "Manufacturing", "Logistics", "Creative & Media", "Hospitality",
    "Environmental & Sustainability", "Retail", "Data & Analytics", "Software", "Energy", "Agriculture",
    "Social Services", "Administrative", "Government & Public Sector", "Art & Design", "Food & Beverage",
    "Transportation", "Consulting", "Sports & Recreation", "Security & Safety",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One normalised posting. None means that the vendor did not say; lists are never empty.

    Times are timezone-aware UTC. Column meanings are in the comments of the `jobs` table.
    """

    external_id: str
    title: str
    company: str
    url: str
    date_created: datetime
    location: str | None = None
    description: str | None = None
    source: str | None = None
    source_type: str | None = None
    source_domain: str | None = None
    date_posted: datetime | None = None
    date_validthrough: datetime | None = None
    date_modified: datetime | None = None
    modified_fields: list[str] | None = None
    organization_url: str | None = None
    organization_logo: str | None = None
    domain_derived: str | None = None
    employment_type: list[str] | None = None
    locations_raw: list[Any] | None = None
    locations_alt_raw: list[str] | None = None
    location_type: str | None = None
    location_requirements_raw: list[Any] | None = None
    cities_derived: list[str] | None = None
    counties_derived: list[str] | None = None
    regions_derived: list[str] | None = None
    countries_derived: list[str] | None = None
    locations_derived: list[str] | None = None
    timezones_derived: list[str] | None = None
    lats_derived: list[float] | None = None
    lngs_derived: list[float] | None = None
    remote_derived: bool | None = None
    salary_raw: dict[str, Any] | None = None
    salary_currency: str | None = None
    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    salary_unit: str | None = None
    ai_salary_currency: str | None = None
    ai_salary_value: Decimal | None = None
    ai_salary_minvalue: Decimal | None = None
    ai_salary_maxvalue: Decimal | None = None
    ai_salary_unittext: str | None = None
    ai_benefits: list[str] | None = None
    ai_experience_level: str | None = None
    ai_work_arrangement: str | None = None
    ai_work_arrangement_office_days: int | None = None
    ai_remote_location: list[str] | None = None
    ai_remote_location_derived: list[str] | None = None
    ai_key_skills: list[str] | None = None
    ai_keywords: list[str] | None = None
    ai_taxonomies_a: list[str] | None = None
    ai_core_responsibilities: str | None = None
    ai_requirements_summary: str | None = None
    ai_education_requirements: list[str] | None = None
    ai_working_hours: Decimal | None = None
    ai_employment_type: list[str] | None = None
    ai_job_language: str | None = None
    ai_visa_sponsorship: bool | None = None
    linkedin_org_employees: int | None = None
    linkedin_org_url: str | None = None
    linkedin_org_size: str | None = None
    linkedin_org_slogan: str | None = None
    linkedin_org_industry: str | None = None
    linkedin_org_followers: int | None = None
    linkedin_org_headquarters: str | None = None
    linkedin_org_type: str | None = None
    linkedin_org_foundeddate: str | None = None
    linkedin_org_specialties: list[str] | None = None
    linkedin_org_locations: list[str] | None = None
    linkedin_org_description: str | None = None
    linkedin_org_recruitment_agency_derived: bool | None = None
    linkedin_org_slug: str | None = None
    extra: dict[str, Any] | None = None
    record_hash: str = ""
    text_hash: str = ""
    ad_key: str = ""


POSTING_COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(Posting))
"""Names of the columns of `jobs` that come from the record, in the order of the dataclass."""
