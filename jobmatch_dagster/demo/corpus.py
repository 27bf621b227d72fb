"""The generated market: the postings of any hour, as a pure function of the hour.

Belongs here: how a posting is generated, including the quirks of the real API. Its data are in `professions.py`;
`server.py` serves it.
"""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from jobmatch_dagster.core.raw.fields import FIELDS
from jobmatch_dagster.demo.professions import (
    BENEFITS,
    COMPANY_HEADS,
    COMPANY_TAILS,
    PROFESSIONS,
    SOURCES,
    TOWNS,
    Profession,
)

DEFAULT_SEED = 20260101
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
# Ids grow with the hour; this many fit into an hour.
_IDS_PER_HOUR = 100_000

# Shares of the German market, in percent.
ARRANGEMENTS = {"On-site": 70.7, "Hybrid": 19.3, "Remote OK": 6.5, "Remote Solely": 3.5}
LEVELS = {"0-2": 59.0, "2-5": 23.0, "5-10": 14.0, "10+": 4.0}
_PREFIXES = {"0-2": ("Junior ", "", ""), "2-5": ("", ""), "5-10": ("Senior ",), "10+": ("Head of Team, ", "Principal ")}
_LEVEL_WORDS = {
    "0-2": "first experience", "2-5": "two to five years of experience", "5-10": "at least five years of experience",
    "10+": "more than ten years of experience",
}  # fmt: skip
# The same posting again, on another board or in another town, in percent of postings.
_COPY_ON_BOARD, _COPY_IN_TOWN = 2.0, 3.0
_NO_AI, _NO_SKILLS = 1.5, 0.6


def postings_of_hour(hour: datetime, *, count: int, seed: int = DEFAULT_SEED) -> list[dict[str, Any]]:
    """G1 records indexed in an hour (UTC), oldest first; the same hour always has the same records."""
    number = int((hour - _EPOCH) / timedelta(hours=1))
    rng = random.Random(seed * 1_000_003 + number)  # noqa: S311 (a seeded corpus, not a secret)
    records: list[dict[str, Any]] = []
    for index in range(count):
        created = hour + timedelta(seconds=3600 * (index + rng.random()) / count)
        copied = rng.uniform(0, 100) if records else 100.0
        if copied < _COPY_ON_BOARD + _COPY_IN_TOWN:
            record = _copy(records[-1], rng, other_town=copied >= _COPY_ON_BOARD)
        else:
            record = _draw(rng)
        records.append(_stamp(record, 1_000_000_000 + number * _IDS_PER_HOUR + index, created, rng))
    return records


def to_g2(record: dict[str, Any]) -> dict[str, Any]:
    """The record in the spelling of the second generation."""
    names = {g1: field.g2_name for g1, field in FIELDS.items() if field.g2_name}
    renamed = {names.get(key, key): value for key, value in record.items() if key != "remote_derived"}
    return {**renamed, "id": int(record["id"])}


def _draw(rng: random.Random) -> dict[str, Any]:
    job = rng.choice(PROFESSIONS)
    level = _pick(rng, LEVELS)
    arrangement = _pick(rng, ARRANGEMENTS)
    german = rng.random() < job.german_share
    towns = rng.choices(TOWNS, [town[4] for town in TOWNS], k=1 if rng.random() < 0.92 else rng.randint(2, 3))
    company = f"{rng.choice(COMPANY_HEADS)} {rng.choice(COMPANY_TAILS)}"
    skills = rng.sample(job.skills, min(len(job.skills), rng.randint(6, 10)))
    title = (job.title_de if german else job.title_en) + (" (m/w/d)" if german or rng.random() < 0.4 else "")
    title = rng.choice(_PREFIXES[level]) + title
    record: dict[str, Any] = {
        "title": f"{title}\n    {title}" if rng.random() < 0.01 else title + (" " if rng.random() < 0.05 else ""),
        "organization": company + (" " if rng.random() < 0.05 else ""),
        "organization_url": None if rng.random() < 0.5 else f"https://www.{_slug(company)}.example/",
        "date_validthrough": None,
        "locations_alt_raw": None,
        "location_type": "TELECOMMUTE" if arrangement == "Remote Solely" else rng.choice((None, None, "")),
        "location_requirements_raw": None,
        "employment_type": ["PART_TIME" if rng.random() < 0.15 else "FULL_TIME"],
        "source_type": "ats",
        "source": rng.choices([s for s, _ in SOURCES], [w for _, w in SOURCES])[0],
        "organization_logo": None,
        "remote_derived": arrangement.startswith("Remote"),
        "domain_derived": f"{_slug(company)}.example",
        "description_text": _description(job, rng, company, skills, level, german=german),
        **_places(towns, rng),
        **_salary(job, level, rng),
        **_ai(job, rng, skills, level, arrangement, german=german),
        **_company(company, job, rng),
    }
    if rng.uniform(0, 100) < _NO_AI:
        record |= {key: None for key in record if key.startswith("ai_")}
    return record


def _copy(record: dict[str, Any], rng: random.Random, *, other_town: bool) -> dict[str, Any]:
    twin = dict(record)
    if other_town:
        twin |= _places([rng.choice(TOWNS)], rng)
    else:
        twin["source"] = next(name for name, _ in SOURCES if name != record["source"])
    return twin


def _stamp(record: dict[str, Any], number: int, created: datetime, rng: random.Random) -> dict[str, Any]:
    posted = created - timedelta(minutes=rng.randint(5, 600))
    midnight = rng.random() < 0.3
    return {
        **record,
        "id": str(number),
        "date_posted": posted.strftime("%Y-%m-%dT00:00:00" if midnight else "%Y-%m-%dT%H:%M:%S"),
        "date_created": created.strftime("%Y-%m-%dT%H:%M:%S.%f")[: rng.choice((-2, -1, None))],
        "url": f"https://{_slug(record['organization'])}.example/jobs/{number}?source={record['source']}",
        "source_domain": f"{record['source'].split('.')[0]}.example",
        "ai_hiring_manager_name": None,
        "ai_hiring_manager_email_address": None,
    }


def _places(towns: list[tuple[str, str | None, float, float, int]], rng: random.Random) -> dict[str, Any]:
    def derived(town: tuple[str, str | None, float, float, int]) -> str:
        return ", ".join(part for part in (town[0], town[1], "Germany") if part)

    def raw(town: tuple[str, str | None, float, float, int]) -> dict[str, Any]:
        address = {
            "addressLocality": town[0], "addressRegion": town[1] or rng.choice((None, "NULL")),
            "addressCountry": rng.choice(("DE", "Germany", "")),
        }  # fmt: skip
        kinds = ({"@type": "Place"}, {"@type": "PostalAddress"}) if rng.random() < 0.8 else ({}, {})
        return {**kinds[0], "address": {**kinds[1], **address}}

    return {
        "locations_raw": [raw(town) for town in towns],
        "cities_derived": [town[0] for town in towns],
        "counties_derived": None,
        "regions_derived": [town[1] for town in towns if town[1]] or None,
        "countries_derived": ["Germany"],
        # The vendor sorts only this list: its indices differ from those of the others.
        "locations_derived": sorted(derived(town) for town in towns),
        "timezones_derived": ["Europe/Berlin"],
        "lats_derived": [town[2] for town in towns],
        "lngs_derived": [town[3] for town in towns],
    }


def _salary(job: Profession, level: str, rng: random.Random) -> dict[str, Any]:
    factor = {"0-2": 0.85, "2-5": 1.0, "5-10": 1.2, "10+": 1.5}[level]
    low = int(job.yearly_eur * factor * rng.uniform(0.9, 1.1) / 500) * 500
    high = int(low * rng.uniform(1.05, 1.25) / 500) * 500
    stated = rng.random() < 0.1
    value = {"@type": "QuantitativeValue", "minValue": low, "maxValue": high, "unitText": "YEAR"}
    found = stated or rng.random() < 0.15
    return {
        "salary_raw": {"@type": "MonetaryAmount", "currency": "EUR", "value": value} if stated else None,
        "ai_salary_currency": "EUR" if found else None,
        "ai_salary_value": None,
        "ai_salary_minvalue": low if found else None,
        "ai_salary_maxvalue": high if found else None,
        "ai_salary_unittext": "YEAR" if found else None,
    }


def _ai(
    job: Profession, rng: random.Random, skills: list[str], level: str, arrangement: str, *, german: bool
) -> dict[str, Any]:
    words = [*skills, *job.industries, job.title_en, *rng.sample(job.skills, min(4, len(job.skills)))]
    return {
        "ai_benefits": None if rng.random() < 0.2 else rng.sample(BENEFITS, rng.randint(2, 6)),
        "ai_experience_level": level,
        "ai_work_arrangement": arrangement,
        "ai_work_arrangement_office_days": 3 if arrangement == "Hybrid" and rng.random() < 0.5 else None,
        "ai_remote_location": None,
        "ai_remote_location_derived": ["Germany"] if arrangement == "Remote Solely" else None,
        "ai_key_skills": None if rng.uniform(0, 100) < _NO_SKILLS else skills,
        "ai_keywords": list(dict.fromkeys(words)),
        "ai_taxonomies_a": list(job.industries),
        "ai_core_responsibilities": f"The {job.title_en} will {' and '.join(job.tasks[:2])}.",
        "ai_requirements_summary": f"Candidates should bring {_LEVEL_WORDS[level]} and know {', '.join(skills[:4])}.",
        "ai_education_requirements": rng.choice((None, ["bachelor degree"], ["high school"], ["postgraduate degree"])),
        "ai_working_hours": 20 if rng.random() < 0.1 else 40,
        "ai_employment_type": ["FULL_TIME"],
        "ai_job_language": "German" if german else "English",
        "ai_visa_sponsorship": rng.random() < 0.03,
    }


def _company(company: str, job: Profession, rng: random.Random) -> dict[str, Any]:
    employees = rng.choice((8, 40, 180, 900, 4000, 12000))
    return {
        "linkedin_org_employees": employees,
        "linkedin_org_url": f"https://www.{_slug(company)}.example",
        "linkedin_org_size": "10,001+ employees" if employees > 10_000 else "51-200 employees",
        "linkedin_org_slogan": None,
        "linkedin_org_industry": job.industries[0],
        "linkedin_org_followers": employees * 7,
        "linkedin_org_headquarters": "Berlin, Germany",
        "linkedin_org_type": "Privately Held",
        "linkedin_org_foundeddate": rng.choice(("1993", "2011", "")),
        "linkedin_org_specialties": [""] if rng.random() < 0.3 else [job.industries[0], "and consulting"],
        "linkedin_org_locations": ["Berlin, Germany"],
        "linkedin_org_description": f"{company} works in {job.industries[0].lower()}.",
        "linkedin_org_recruitment_agency_derived": rng.random() < 0.08,
        "linkedin_org_slug": _slug(company),
    }


def _description(
    job: Profession, rng: random.Random, company: str, skills: list[str], level: str, *, german: bool
) -> str:
    benefits = rng.sample(BENEFITS, 3)
    if german:
        lines = [
            f"{company} sucht Verstärkung: {job.title_de} (m/w/d).", "Ihre Aufgaben", *(f"- {t}" for t in job.tasks_de),
            "Ihr Profil", *(f"- Kenntnisse in {skill}" for skill in skills), f"- Erfahrung: {level} Jahre",
            "Wir bieten", *(f"- {benefit}" for benefit in benefits),
        ]  # fmt: skip
    else:
        lines = [
            f"{company} is looking for a {job.title_en}.", "Your tasks", *(f"- You {task}" for task in job.tasks),
            "Your profile", *(f"- {skill}" for skill in skills), f"- {_LEVEL_WORDS[level].capitalize()}",
            "What we offer", *(f"- {benefit}" for benefit in benefits),
        ]  # fmt: skip
    return "\n".join(lines)


def _pick(rng: random.Random, shares: dict[str, float]) -> str:
    return rng.choices(list(shares), list(shares.values()))[0]


def _slug(name: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in name.strip().lower()).strip("-")
