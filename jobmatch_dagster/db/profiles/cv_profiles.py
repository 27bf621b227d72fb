"""`cv_profiles`: versions of what was read from users' CVs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, text

from jobmatch_dagster.core.profiles.cv_labels import CvLabelError
from jobmatch_dagster.core.profiles.own_facts import apply_own_facts, profile_of, reading_of
from jobmatch_dagster.core.profiles.profile import EXTRACTOR_VERSION, Profile
from jobmatch_dagster.core.profiles.reading_summary import ReadProfile
from jobmatch_dagster.core.text import sha256_hex
from jobmatch_dagster.db.connection.engine import run_query
from jobmatch_dagster.db.profiles.documents import delete_cv
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
    version: int | None = None,
) -> int:
    """Add a version of the user's profile, a reading with the user's own facts on top; returns its number.

    The version is the next one, or the given one if that is higher.
    """
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
        "version": version or 0,
        "stated": list(stated.stated) or None,
        "reading": json.dumps(replaced) if replaced else None,
    }
    return int(run_query(connection, "profiles/insert_profile", columns)[0].version)


def restate_profiles(connection: Connection, user_id: int, run_id: str | None) -> int | None:
    """Add versions of the current profiles with the user's own facts as they are now; returns the last one's number.

    None if there is no profile, or if the facts change nothing. The caller has the user's lock.
    """
    facts, version = read_own_facts(connection, user_id), None
    for row in _current_rows(connection, user_id):
        columns = row._asdict()
        now = apply_own_facts(reading_of(columns), facts)
        if now.profile != profile_of(columns) or list(now.stated) != list(row.stated or ()):
            version = _insert_again(connection, row, run_id)
    return version


def remove_profiles(connection: Connection, user_id: int, label: str, run_id: str | None) -> int:
    """Remove a CV with its profiles, and add a version of the newest other profile; returns its number.

    So the versions go on after those that are removed, and the matches are made again. The caller has the user's lock.

    Raises:
        CvLabelError: if the user has no CV of that label, or no other one that could be read.
    """
    rows = _current_rows(connection, user_id)
    newest = max((row.version for row in rows), default=0)
    others = [row for row in rows if row.label != label]
    if not others:
        raise CvLabelError(f"There would be no CV left that could be read: {label!r} stays.")
    if not delete_cv(connection, user_id, label):
        raise CvLabelError(f"There is no CV {label!r}. The CVs are {', '.join(sorted(row.label for row in others))}.")
    return _insert_again(connection, max(others, key=lambda row: row.version), run_id, version=newest + 1)


def current_labels(connection: Connection, user_key: str) -> list[str]:
    """Labels of the user's CVs that were read, in their order."""
    query = "SELECT DISTINCT label FROM cv_profiles JOIN users ON users.id = user_id WHERE user_key = :key ORDER BY 1"
    return list(connection.scalars(text(query), {"key": user_key}))


def _current_rows(connection: Connection, user_id: int) -> Sequence[Row[Any]]:
    query = "SELECT DISTINCT ON (label) * FROM cv_profiles WHERE user_id = :user_id ORDER BY label, version DESC"
    return connection.execute(text(query), {"user_id": user_id}).all()


def _insert_again(connection: Connection, row: Row[Any], run_id: str | None, version: int | None = None) -> int:
    """Add a version with the reading of a row."""
    return insert_profile(
        connection,
        row.user_id,
        row.document_id,
        reading_of(row._asdict()),
        run_id,
        extractor_version=row.extractor_version,
        version=version,
    )


def _differences(reading: Profile, profile: Profile) -> dict[str, object]:
    now = vars(profile)
    return {name: value for name, value in vars(reading).items() if value != now[name]}
