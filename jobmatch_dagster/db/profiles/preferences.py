"""`user_preferences`: what users ask of postings."""

from sqlalchemy import Connection, text

from jobmatch_dagster.core.profiles.preferences import FIELDS, Preferences
from jobmatch_dagster.db.connection.engine import run_query


def get_preferences(connection: Connection, user_key: str) -> Preferences:
    """What the user asks for; nothing is asked where the user or the row is missing."""
    columns = ", ".join(f"p.{name}" for name in FIELDS)
    row = connection.execute(
        text(f"SELECT {columns} FROM user_preferences AS p JOIN users ON users.id = user_id WHERE user_key = :key"),
        {"key": user_key},
    ).one_or_none()
    if row is None:
        return Preferences()
    return Preferences(
        locations=_tuple(row.locations),
        work_arrangements=_tuple(row.work_arrangements),
        min_salary=None if row.min_salary is None else float(row.min_salary),
        salary_currency=row.salary_currency,
        needs_visa=row.needs_visa,
        languages=_tuple(row.languages),
        excluded_companies=_tuple(row.excluded_companies),
    )


def preferences_version(connection: Connection, user_key: str) -> int:
    """Version of what the user asks for, 0 when nothing was ever asked."""
    query = "SELECT version FROM user_preferences JOIN users ON users.id = user_id WHERE user_key = :key"
    return int(connection.scalar(text(query), {"key": user_key}) or 0)


def set_preferences(
    connection: Connection, user_id: int, preferences: Preferences, *, source_sha256: str | None = None
) -> int:
    """Set what the user asks for, all of it; gives the version, which rises only when something is different.

    `cv_profile_sensor` sees a newer version and has the user matched again.
    """
    parameters = {"user_id": user_id, **preferences.as_row(), "source_sha256": source_sha256}
    return int(run_query(connection, "profiles/set_preferences", parameters)[0].version)


def refuse_preferences(connection: Connection, user_id: int, source_sha256: str, problem: str) -> None:
    """Note why a side file was refused; what was asked for before holds on and no re-match is due."""
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
