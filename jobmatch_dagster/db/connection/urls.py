"""Spellings of database URLs.

Put here what turns one spelling into another. Opening connections belongs in `engine.py`.
"""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from jobmatch_dagster.errors import ConfigurationError


class DatabaseUrlError(ConfigurationError):
    """The text given as a database URL is none."""


def parse_url(text: str) -> URL:
    """Read any usual PostgreSQL URL (`postgres://`, `postgresql://`, with or without a driver).

    SQLAlchemy 2.1 takes plain `postgresql://` for psycopg 3, dagster-postgres needs psycopg2: the driver
    is always named here.

    Raises:
        DatabaseUrlError: if it is not a PostgreSQL URL with a database name.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise DatabaseUrlError(
            "JOBMATCH_DATABASE_URL is not a database URL; expected postgresql://user:password@host:5432/name."
        ) from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUrlError(
            f"JOBMATCH_DATABASE_URL must name a PostgreSQL database, not {url.render_as_string()!r}; "
            "expected postgresql://user:password@host:5432/name."
        )
    return url.set(drivername="postgresql+psycopg2")


def sqlalchemy_url(text: str) -> str:
    """The URL for SQLAlchemy and dagster-postgres, password included."""
    return parse_url(text).render_as_string(hide_password=False)


def plain_url(text: str) -> str:
    """The URL for libpq and yoyo (`postgresql://`), password included."""
    return parse_url(text).set(drivername="postgresql").render_as_string(hide_password=False)


def safe_url(text: str) -> str:
    """The URL as it may be shown: without its password."""
    return parse_url(text).set(drivername="postgresql").render_as_string(hide_password=True)


def with_database(text: str, name: str) -> str:
    """The same server, another database."""
    return parse_url(text).set(database=name).render_as_string(hide_password=False)


def dagster_url(text: str) -> str:
    """Where Dagster keeps its own storage when nothing else is said: database `<name>_dagster`."""
    return with_database(text, f"{parse_url(text).database}_dagster")
