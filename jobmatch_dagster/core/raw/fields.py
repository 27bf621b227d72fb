"""The vendor's fields: for each one its column in `jobs` and its reader.

Belongs here: a line for each field. Source of names and types: Active Jobs DB, generations G1 (2025) and G2 (June
2026).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, WORK_ARRANGEMENTS
from jobmatch_dagster.core.raw.field_readers import (
    Reader,
    read_choice,
    read_count,
    read_currency,
    read_flag,
    read_html,
    read_id,
    read_json,
    read_kinds,
    read_latitudes,
    read_line,
    read_list,
    read_longitudes,
    read_money,
    read_name,
    read_office_days,
    read_places,
    read_salary,
    read_salary_unit,
    read_text,
    read_time,
    read_title,
    read_weekly_hours,
)


@dataclass(frozen=True)
class VendorField:
    """A field of a record: its column in `jobs`, its reader, and its name in G2 if that differs."""

    column: str
    read: Reader
    g2_name: str | None = None


# By the field's name in G1.
FIELDS: Mapping[str, VendorField] = {
    "id": VendorField("external_id", read_id),
    "title": VendorField("title", read_title),
    "organization": VendorField("company", read_name),
    "url": VendorField("url", read_line),
    "date_created": VendorField("date_created", read_time),
    "date_posted": VendorField("date_posted", read_time),
    "date_validthrough": VendorField("date_validthrough", read_time, g2_name="date_valid_through"),
    "date_modified": VendorField("date_modified", read_time),
    "modified_fields": VendorField("modified_fields", read_list),
    "description_text": VendorField("description", read_text),
    "description_html": VendorField("description", read_html),
    "source": VendorField("source", read_line),
    "source_type": VendorField("source_type", read_line),
    "source_domain": VendorField("source_domain", read_line),
    "organization_url": VendorField("organization_url", read_line),
    "organization_logo": VendorField("organization_logo", read_line),
    "domain_derived": VendorField("domain_derived", read_line),
    "employment_type": VendorField("employment_type", read_kinds),
    "locations_raw": VendorField("locations_raw", read_json(list), g2_name="locations"),
    "locations_alt_raw": VendorField("locations_alt_raw", read_list, g2_name="locations_alt"),
    "location_type": VendorField("location_type", read_line),
    "location_requirements_raw": VendorField(
        "location_requirements_raw", read_json(list), g2_name="location_requirements",
    ),
    "cities_derived": VendorField("cities_derived", read_list),
    "counties_derived": VendorField("counties_derived", read_list),
    "regions_derived": VendorField("regions_derived", read_list),
    "countries_derived": VendorField("countries_derived", read_list),
    "locations_derived": VendorField("locations_derived", read_places),
    "timezones_derived": VendorField("timezones_derived", read_list),
    "lats_derived": VendorField("lats_derived", read_latitudes),
    "lngs_derived": VendorField("lngs_derived", read_longitudes),
    "remote_derived": VendorField("remote_derived", read_flag),
    "salary_raw": VendorField("salary_raw", read_salary, g2_name="salary"),
    "ai_salary_currency": VendorField("ai_salary_currency", read_currency),
    "ai_salary_value": VendorField("ai_salary_value", read_money),
    "ai_salary_minvalue": VendorField("ai_salary_minvalue", read_money, g2_name="ai_salary_min_value"),
    "ai_salary_maxvalue": VendorField("ai_salary_maxvalue", read_money, g2_name="ai_salary_max_value"),
    "ai_salary_unittext": VendorField("ai_salary_unittext", read_salary_unit, g2_name="ai_salary_unit_text"),
    "ai_benefits": VendorField("ai_benefits", read_list),
    "ai_experience_level": VendorField("ai_experience_level", read_choice(EXPERIENCE_LEVELS)),
    "ai_work_arrangement": VendorField("ai_work_arrangement", read_choice(WORK_ARRANGEMENTS)),
    "ai_work_arrangement_office_days": VendorField("ai_work_arrangement_office_days", read_office_days),
    "ai_remote_location": VendorField("ai_remote_location", read_list),
    "ai_remote_location_derived": VendorField("ai_remote_location_derived", read_list),
    "ai_key_skills": VendorField("ai_key_skills", read_list),
    "ai_keywords": VendorField("ai_keywords", read_list),
    "ai_taxonomies_a": VendorField("ai_taxonomies_a", read_list),
    "ai_core_responsibilities": VendorField("ai_core_responsibilities", read_text),
    "ai_requirements_summary": VendorField("ai_requirements_summary", read_text),
    "ai_education_requirements": VendorField("ai_education_requirements", read_list, g2_name="ai_education"),
    "ai_working_hours": VendorField("ai_working_hours", read_weekly_hours),
    "ai_employment_type": VendorField("ai_employment_type", read_kinds),
    "ai_job_language": VendorField("ai_job_language", read_line),
    "ai_visa_sponsorship": VendorField("ai_visa_sponsorship", read_flag),
    "linkedin_org_employees": VendorField("linkedin_org_employees", read_count, g2_name="org_linkedin_headcount"),
    "linkedin_org_url": VendorField("linkedin_org_url", read_line, g2_name="org_linkedin_website"),
    "linkedin_org_size": VendorField("linkedin_org_size", read_line, g2_name="org_linkedin_size"),
    "linkedin_org_slogan": VendorField("linkedin_org_slogan", read_line, g2_name="org_linkedin_slogan"),
    "linkedin_org_industry": VendorField("linkedin_org_industry", read_line, g2_name="org_linkedin_industry"),
    "linkedin_org_followers": VendorField("linkedin_org_followers", read_count, g2_name="org_linkedin_followers"),
    "linkedin_org_headquarters": VendorField(
        "linkedin_org_headquarters", read_line, g2_name="org_linkedin_headquarters",
    ),
    "linkedin_org_type": VendorField("linkedin_org_type", read_line, g2_name="org_linkedin_type"),
    "linkedin_org_foundeddate": VendorField("linkedin_org_foundeddate", read_line, g2_name="org_linkedin_founded_date"),
    "linkedin_org_specialties": VendorField("linkedin_org_specialties", read_list, g2_name="org_linkedin_specialties"),
    "linkedin_org_locations": VendorField("linkedin_org_locations", read_list, g2_name="org_linkedin_locations"),
    "linkedin_org_description": VendorField("linkedin_org_description", read_text, g2_name="org_linkedin_description"),
    "linkedin_org_recruitment_agency_derived": VendorField(
        "linkedin_org_recruitment_agency_derived", read_flag, g2_name="org_linkedin_recruitment_agency_derived",
    ),
    "linkedin_org_slug": VendorField("linkedin_org_slug", read_line, g2_name="org_linkedin_slug"),
}  # fmt: skip

REQUIRED = ("id", "title", "organization", "url", "date_created")

# Names and addresses of the people who hire, also in fields that are new: they are never stored.
_PERSONAL_PREFIXES = ("ai_hiring_manager", "hiring_manager", "recruiter_")


def is_personal(name: str) -> bool:
    """Whether a field is about the person who hires."""
    return name.strip().casefold().startswith(_PERSONAL_PREFIXES)


# Documented fields without a column: stored in `extra`, and not reported as new.
KNOWN_EXTRA = frozenset(
    {
        "seniority", "directapply", "direct_apply", "external_apply_url", "no_jb_schema",
        "ats_duplicate", "expired", "source_slug", "org_linkedin_name", "org_logo_permalink",
    }
)  # fmt: skip
KNOWN_EXTRA_PREFIXES = ("org_crunchbase_", "classification_")
