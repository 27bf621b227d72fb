"""`user_preferences`: one row per user with their preferences."""

from sqlalchemy import Connection, text

from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE
from jobmatch_dagster.core.profiles.preferences import PREFERENCES_FIELDS, Preferences
from jobmatch_dagster.db.connection.engine import run_query


def read_preferences(connection: Connection, user_key: str) -> Preferences:
    """The user's preferences; all fields are None where the user or the row is missing."""
    columns = ", ".join(f"p.{name}" for name in PREFERENCES_FIELDS)
    row = connection.execute(
        text(f"SELECT {columns} FROM user_preferences AS p JOIN users ON users.id = user_id WHERE user_key = :key"),
        {"key": user_key},
    ).one_or_none()
    if row is None:
        return Preferences()
    # A stored row is not validated again: the vocabulary of languages may be another one since.
    return Preferences.model_construct(
        locations=_tuple(row.locations),
        max_km=row.max_km,
        work_arrangements=_tuple(row.work_arrangements),
        min_salary=None if row.min_salary is None else float(row.min_salary),
        salary_currency=row.salary_currency,
        needs_visa=row.needs_visa,
        languages=_tuple(row.languages),
        excluded_companies=_tuple(row.excluded_companies),
        skills_weight=row.skills_weight,
        experience_weight=row.experience_weight,
        industry_weight=row.industry_weight,
        work_arrangement_weight=row.work_arrangement_weight,
        semantic_weight=row.semantic_weight,
        digest_every=row.digest_every,
        digest_max_matches=row.digest_max_matches,
        digest_min_score=row.digest_min_score,
        digest_channels=_tuple(row.digest_channels),
        email=row.email,
        quiet_hours=row.quiet_hours,
        time_zone=row.time_zone,
        explanation_language=row.explanation_language,
    )


def read_preferences_version(connection: Connection, user_key: str) -> int:
    """Version of the user's preferences; 0 when they were never set."""
    query = "SELECT version FROM user_preferences JOIN users ON users.id = user_id WHERE user_key = :key"
    return int(connection.scalar(text(query), {"key": user_key}) or 0)


def set_preferences(
    connection: Connection, user_id: int, preferences: Preferences, *, source_sha256: str | None = None
) -> int:
    """Replace the user's preferences; returns their version, which rises when matches or their reasons change.

    `cv_profile_sensor` sees a newer version and starts `rematch_user`. In another language Claude's reasons are asked
    for again, for this user alone; an answer that the ledger has costs nothing.
    """
    before = _language(connection, user_id)
    parameters = {"user_id": user_id, **preferences.as_row(), "source_sha256": source_sha256}
    version = int(run_query(connection, "profiles/set_preferences", parameters)[0].version)
    if preferences.language_of_reasons != before:
        run_query(connection, "profiles/explain_again", {"user_id": user_id})
    return version


def _language(connection: Connection, user_id: int) -> str:
    query = "SELECT explanation_language FROM user_preferences WHERE user_id = :id FOR UPDATE"
    return connection.scalar(text(query), {"id": user_id}) or DEFAULT_LANGUAGE


def record_preferences_problem(connection: Connection, user_id: int, source_sha256: str, problem: str) -> None:
    """Store why a preferences file was refused; the preferences and their version stay as they are."""
    connection.execute(
        text(
            "INSERT INTO user_preferences (user_id, source_sha256, problem, version) "
            "VALUES (:user_id, :sha256, :problem, 0) "
            "ON CONFLICT (user_id) DO UPDATE SET source_sha256 = excluded.source_sha256, problem = excluded.problem"
        ),
        {"user_id": user_id, "sha256": source_sha256, "problem": problem},
    )


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
