"""A generated legacy database, with the awkward values that such databases contain.

Tables and columns are named as the project's own scripts name them.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour

_START = datetime(2026, 1, 20, 6, tzinfo=UTC)
_SCHEMA = """
CREATE TABLE users (
    id SERIAL PRIMARY KEY, email TEXT UNIQUE NOT NULL, password_hash TEXT, name TEXT,
    created_date TIMESTAMP NOT NULL, last_updated TIMESTAMP NOT NULL, is_active INTEGER DEFAULT 1, preferences TEXT
);
CREATE TABLE jobs (
    id SERIAL PRIMARY KEY, job_id TEXT UNIQUE NOT NULL, source TEXT NOT NULL, title TEXT NOT NULL,
    company TEXT NOT NULL, location TEXT, description TEXT, url TEXT, posted_date TIMESTAMP, salary TEXT,
    discovered_date TIMESTAMP NOT NULL,
    last_updated TIMESTAMP NOT NULL, match_score INTEGER, match_reasoning TEXT, key_alignments TEXT,
    potential_gaps TEXT, priority TEXT, status TEXT DEFAULT 'new', notes TEXT,
    canonical_job_id INTEGER REFERENCES jobs (id)
);
CREATE INDEX idx_jobs_source ON jobs (source);
CREATE TABLE raw_jobs_test (
    id SERIAL PRIMARY KEY, external_id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, company TEXT, location TEXT,
    description TEXT, url TEXT, source TEXT, source_domain TEXT, source_type TEXT, posted_date TEXT,
    date_validthrough TEXT, discovered_date TIMESTAMP DEFAULT now(), last_updated TIMESTAMP DEFAULT now(), salary TEXT,
    employment_type TEXT, remote BOOLEAN DEFAULT false, organization_url TEXT, organization_logo TEXT,
    locations_derived TEXT[], cities_derived TEXT[], regions_derived TEXT[], counties_derived TEXT[],
    countries_derived TEXT[], timezones_derived TEXT[], lats_derived NUMERIC[], lngs_derived NUMERIC[],
    ai_employment_type TEXT[], ai_work_arrangement TEXT, ai_experience_level TEXT, ai_job_language TEXT,
    ai_visa_sponsorship BOOLEAN, ai_work_arrangement_office_days INTEGER, ai_working_hours TEXT, ai_key_skills TEXT,
    ai_keywords TEXT, ai_core_responsibilities TEXT, ai_requirements_summary TEXT, ai_education_requirements TEXT,
    ai_benefits TEXT, ai_salary_currency TEXT, ai_salary_minvalue TEXT, ai_salary_maxvalue TEXT, ai_salary_value TEXT,
    ai_salary_unittext TEXT, ai_taxonomies_a TEXT[], ai_hiring_manager_name TEXT, raw_data JSONB,
    created_at TIMESTAMP DEFAULT now(), CHECK (title <> '')
);
CREATE INDEX idx_raw_jobs_title ON raw_jobs_test USING gin (to_tsvector('english', title));
COMMENT ON TABLE raw_jobs_test IS 'It''s all "raw"';
CREATE TABLE user_job_matches (
    id SERIAL PRIMARY KEY, user_id INTEGER NOT NULL, job_id INTEGER NOT NULL, semantic_score INTEGER,
    claude_score INTEGER, priority TEXT, match_reasoning TEXT, status TEXT DEFAULT 'new',
    created_date TIMESTAMP NOT NULL, last_updated TIMESTAMP NOT NULL,
    FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX idx_user_job_matches_user ON user_job_matches (user_id);
CREATE TABLE applications (
    id SERIAL PRIMARY KEY, user_id INTEGER REFERENCES users (id), job_id INTEGER NOT NULL REFERENCES jobs (id),
    applied_date TIMESTAMP NOT NULL
);
CREATE TABLE not_of_the_project (id integer PRIMARY KEY, note text);
INSERT INTO not_of_the_project VALUES (1, 'stays where it is');
"""
_RAW = (
    "external_id", "title", "company", "location", "description", "url", "source", "source_type", "posted_date",
    "discovered_date", "last_updated", "salary", "employment_type", "remote", "locations_derived", "cities_derived",
    "countries_derived", "lats_derived", "ai_employment_type", "ai_work_arrangement", "ai_experience_level",
    "ai_job_language", "ai_working_hours", "ai_key_skills", "ai_keywords", "ai_core_responsibilities",
    "ai_requirements_summary", "ai_education_requirements", "ai_benefits", "ai_salary_currency", "ai_salary_minvalue",
    "ai_salary_maxvalue", "ai_salary_unittext", "ai_taxonomies_a", "ai_hiring_manager_name", "raw_data", "created_at",
)  # fmt: skip
STATUSES = (
    "new",
    "viewed",
    "saved",
    "shortlisted",
    "applied",
    "applying",
    "rejected",
    "deleted",
    "REJECTED ",
    "strange",
)


def build_legacy_database(database: Database, *, jobs: int, users: int = 3, seed: int = 1) -> None:
    """Fill an empty database; of 100 rich rows 97 can be converted."""
    rng = random.Random(seed)  # noqa: S311 (seeded, no secret)
    per_hour = 200
    hours = [_START + timedelta(hours=n) for n in range(jobs // per_hour + 1)]
    records = [record for hour in hours for record in postings_of_hour(hour, count=per_hour)][:jobs]
    with database.begin() as connection:
        connection.exec_driver_sql(_SCHEMA)
        for number in range(1, users + 1):
            connection.execute(
                text("INSERT INTO users (email, name, created_date, last_updated, is_active) "
                     "VALUES (:email, 'Some Name', '2025-11-01', '2025-11-01', :active)"),
                {"email": f"person{number}@example.org", "active": int(number != 2)},
            )  # fmt: skip
        _insert(connection, "raw_jobs_test", _RAW, [_raw_row(record, n, rng) for n, record in enumerate(records)])
        _insert_old_jobs(connection, records, rng)
        _insert_matches(connection, rng, users)
        connection.exec_driver_sql("INSERT INTO applications (user_id, job_id, applied_date) VALUES (1, 1, now())")


def _raw_row(record: dict[str, Any], number: int, rng: random.Random) -> dict[str, Any]:
    created = datetime.fromisoformat(record["date_created"]).replace(tzinfo=None)
    posted = record.get("date_posted") or record["date_created"]
    row: dict[str, Any] = {name: record.get(name) for name in _RAW}
    row |= {
        "external_id": record["id"], "company": record["organization"], "description": record["description_text"],
        "location": "; ".join(record.get("locations_derived") or []), "posted_date": _date(posted, number),
        "discovered_date": created + timedelta(minutes=70), "last_updated": created + timedelta(hours=number % 50),
        "created_at": created,
        "remote": bool(record.get("remote_derived")), "employment_type": _listed(record.get("employment_type"), number),
        "ai_working_hours": ("40", "38,5", "40.0 ", None)[number % 4],
        "ai_key_skills": _listed(record.get("ai_key_skills"), number),
        "ai_keywords": _listed(record.get("ai_keywords"), number + 1),
        "ai_benefits": _listed(record.get("ai_benefits"), number + 2),
        "ai_education_requirements": _listed(record.get("ai_education_requirements"), number + 3),
        "ai_salary_minvalue": _money(record.get("ai_salary_minvalue"), number),
        "ai_salary_maxvalue": _money(record.get("ai_salary_maxvalue"), number),
        "salary": ("55.000 - 65.000 EUR pro Jahr", "$30 an hour", "Competitive", "", None, "€48k")[number % 6],
        "ai_hiring_manager_name": "Erika Muster" if number % 9 == 0 else None,
        "raw_data": json.dumps(record) if number % 5 == 0 else None,
    }  # fmt: skip
    if number % 100 == 41:
        row["url"], row["raw_data"] = None, None
    if number % 100 == 42:
        row["company"], row["raw_data"] = "   ", None
    if number % 100 == 43:
        row |= {"discovered_date": None, "last_updated": None, "posted_date": "vor 3 Tagen", "raw_data": None,
                "created_at": None}  # fmt: skip
    if number % 100 == 44:
        row["title"] = 'Tab\there, "quotes", back\\slash, {braces} und Umlaute äöü ' + "🚀"
    if number % 100 == 45:
        row["ai_experience_level"] = "expert"
    return row


def _date(iso: str, number: int) -> str:
    moment = datetime.fromisoformat(iso)
    spellings = (
        iso, f"{moment:%d.%m.%Y}", f"{moment:%d.%m.%Y %H:%M}", f"{moment:%a, %d %b %Y %H:%M:%S} +0000",
        str(int(moment.replace(tzinfo=UTC).timestamp())), f"{moment:%Y-%m-%d %H:%M:%S} UTC", "31/31/2026",
    )  # fmt: skip
    return spellings[number % len(spellings)]


def _listed(values: list[str] | None, number: int) -> str | None:
    if not values:
        return ("", None, "[]", "{}")[number % 4]
    quoted = ",".join('"' + value.replace('"', '\\"') + '"' for value in values)
    spellings = (json.dumps(values), ", ".join(v.replace(",", "") for v in values), repr(values), "{" + quoted + "}",
                 "\n".join(f"- {value}" for value in values), "; ".join(values))  # fmt: skip
    return spellings[number % len(spellings)]


def _money(value: float | None, number: int) -> str | None:
    if value is None:
        return None
    whole = int(value)
    german = f"{whole:,}".replace(",", ".")
    return (str(value), f"{german},00 €", f"{whole:,}", f"EUR {whole}")[number % 4]


def _insert_old_jobs(connection: Connection, records: list[dict[str, Any]], rng: random.Random) -> None:
    columns = ("job_id", "source", "title", "company", "location", "description", "url", "discovered_date",
               "last_updated", "match_score", "match_reasoning", "priority", "status")  # fmt: skip
    chosen = records[: max(len(records) // 3, 1)]
    rows = [
        {
            "job_id": record["id"], "source": "activejobs", "title": record["title"], "company": record["organization"],
            "location": "Berlin", "description": record["description_text"], "url": record["url"],
            "discovered_date": "2026-01-20", "last_updated": "2026-01-21", "match_score": rng.randint(0, 100),
            "match_reasoning": "SECRET-REASONING", "priority": "high", "status": rng.choice(("new", "applied")),
        }
        for record in chosen
    ]  # fmt: skip
    # Jobs of another source, which the rich table lacks.
    rows += [
        {**rows[0], "job_id": f"jsearch-{n}", "source": "jsearch", "url": rows[0]["url"] if n else None}
        for n in range(5)
    ]
    _insert(connection, "jobs", columns, rows)


def _insert_matches(connection: Connection, rng: random.Random, users: int) -> None:
    ids = list(connection.scalars(text("SELECT id FROM jobs ORDER BY id")))
    columns = ("user_id", "job_id", "semantic_score", "status", "match_reasoning", "created_date", "last_updated")
    rows = [
        {"user_id": user, "job_id": job, "semantic_score": rng.randint(0, 100), "match_reasoning": "SECRET",
         "status": rng.choice(STATUSES), "created_date": "2026-01-20",
         "last_updated": _START + timedelta(minutes=rng.randint(0, 9_999), days=copy)}
        for user in range(1, users + 1)
        for job in sorted({*rng.sample(ids, len(ids) * 2 // 3), *ids[-5:]})
        for copy in range(1 + (rng.random() < 0.1))  # the same pair twice, as the legacy program left it
    ]  # fmt: skip
    rows.append({**rows[0], "job_id": 999_999, "status": "saved"})
    _insert(connection, "user_job_matches", columns, rows)


def _insert(connection: Connection, table: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> None:
    names = ", ".join(columns)
    values = ", ".join(f"CAST(:{c} AS jsonb)" if c == "raw_data" else f":{c}" for c in columns)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), rows)
