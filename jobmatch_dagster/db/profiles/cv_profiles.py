"""`cv_profiles`: versions of what was read from users' CVs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.own_facts import apply_own_facts, profile_of, reading_of
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.core.profiles.reading_summary import ReadProfile
from jobmatch_dagster.core.text import sha256_hex
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.profiles.own_facts import read_own_facts


@dataclass(frozen=True)
class StaleProfile:
    """The text of a profile without a vector, and its hash."""

    id: int
    text_hash: str
    embedding_text: str


def stale_profiles(connection: Connection, model: str, user_keys: Sequence[str] | None = None) -> list[StaleProfile]:
    """Current profiles of active users (all, or these) without a vector of this model."""
    keys = None if user_keys is None else list(user_keys)
    rows = run_query(connection, "profiles/stale_profiles", {"model": model, "user_keys": keys})
    return [StaleProfile(**row._mapping) for row in rows]


def read_summed_up(connection: Connection, user_key: str) -> ReadProfile | None:
    """What is summed up of a user's current profile; None without one."""
    query = (
        "SELECT skills, experience_years, experience_level, seniority, education, languages, industries, "
        "evidence -> 'experience_years' AS periods FROM cv_profiles JOIN users ON users.id = user_id "
        "WHERE user_key = :key ORDER BY version DESC LIMIT 1"
    )
    row = connection.execute(text(query), {"key": user_key}).one_or_none()
    if row is None:
        return None
    years = None if row.experience_years is None else float(row.experience_years)
    return ReadProfile(**{**row._mapping, "experience_years": years, "periods": row.periods or ()})


def insert_profile(
    connection: Connection,
    user_id: int,
    document_id: int,
    reading: Profile,
    run_id: str | None,
    *,
    extractor_version: int = EXTRACTOR_VERSION,
) -> int:
    """Add the next version of the user's profile, a reading with the user's own facts on top; returns its number."""
    stated = apply_own_facts(reading, read_own_facts(connection, user_id))
    profile, replaced = stated.profile, _differences(stated.reading, stated.profile)
    columns: dict[str, object] = {name: value or None for name, value in asdict(profile).items()}
    columns |= {
        "user_id": user_id,
        "document_id": document_id,
        "experience_years": profile.experience_years,
        "evidence": json.dumps(profile.evidence),
        "embedding_text": profile.embedding_text,
        "text_hash": sha256_hex(profile.embedding_text),
        "extractor_version": extractor_version,
        "run_id": run_id,
        "stated": list(stated.stated) or None,
        "reading": json.dumps(replaced) if replaced else None,
    }
    return int(run_query(connection, "profiles/insert_profile", columns)[0].version)


def restate_profile(connection: Connection, user_id: int, run_id: str | None) -> int | None:
    """Add a version of the current profile with the user's own facts as they are now; returns its number.

    None if there is no profile, or if the facts change nothing of it. The caller has the user's lock.
    """
    query = "SELECT * FROM cv_profiles WHERE user_id = :user_id ORDER BY version DESC LIMIT 1"
    row = connection.execute(text(query), {"user_id": user_id}).one_or_none()
    if row is None:
        return None
    reading = reading_of(row._asdict())
    now = apply_own_facts(reading, read_own_facts(connection, user_id))
    if now.profile == profile_of(row._asdict()) and list(now.stated) == list(row.stated or ()):
        return None
    return insert_profile(
        connection, user_id, row.document_id, reading, run_id, extractor_version=row.extractor_version
    )


def _differences(reading: Profile, profile: Profile) -> dict[str, object]:
    now = vars(profile)
    return {name: value for name, value in vars(reading).items() if value != now[name]}
