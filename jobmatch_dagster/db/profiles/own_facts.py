"""`user_facts`: what users say about their own work."""

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.own_facts import OWN_FACTS_FIELDS, OwnFacts
from jobmatch_dagster.db.connection.engine import run_query


def read_own_facts(connection: Connection, user_id: int) -> OwnFacts:
    """The user's own facts; all fields are None where the row is missing."""
    query = f"SELECT {', '.join(OWN_FACTS_FIELDS)} FROM user_facts WHERE user_id = :user_id"
    row = connection.execute(text(query), {"user_id": user_id}).one_or_none()
    if row is None:
        return OwnFacts()
    # A stored row is not validated again: the vocabularies may be others since.
    return OwnFacts.model_construct(
        skills_added=_tuple(row.skills_added),
        skills_removed=_tuple(row.skills_removed),
        experience_years=None if row.experience_years is None else float(row.experience_years),
        experience_level=row.experience_level,
        seniority=row.seniority,
        industries=_tuple(row.industries),
        languages=_tuple(row.languages),
    )


def set_own_facts(connection: Connection, user_id: int, facts: OwnFacts, *, source_sha256: str | None = None) -> None:
    """Replace the user's own facts. The caller brings the profile up to date (`restate_profiles`)."""
    run_query(connection, "profiles/set_facts", {"user_id": user_id, **facts.as_row(), "source_sha256": source_sha256})


def record_facts_problem(connection: Connection, user_id: int, source_sha256: str, problem: str) -> None:
    """Store why a profile.toml was refused; the facts stay as they are."""
    connection.execute(
        text(
            "INSERT INTO user_facts (user_id, source_sha256, problem) VALUES (:user_id, :sha256, :problem) "
            "ON CONFLICT (user_id) DO UPDATE SET source_sha256 = excluded.source_sha256, problem = excluded.problem"
        ),
        {"user_id": user_id, "sha256": source_sha256, "problem": problem},
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
