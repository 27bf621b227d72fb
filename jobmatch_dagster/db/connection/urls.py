"""Spellings of database URLs, and the URL as it may be shown."""

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from jobmatch_dagster.errors import ConfigurationError

_EXPECTED = "expected postgresql://user:password@host:5432/name."


class DatabaseUrlError(ConfigurationError):
    """A text is not the URL of a PostgreSQL database."""


def parse_url(text: str) -> URL:
    """Read any usual PostgreSQL URL (`postgres://`, `postgresql://`, with or without a driver).

    The result names its driver: SQLAlchemy 2.1 uses psycopg 3 for a plain `postgresql://`, dagster-postgres needs
    psycopg2.

    Raises:
        DatabaseUrlError: if it is not a PostgreSQL URL with a database name.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise DatabaseUrlError(f"This is not a database URL; {_EXPECTED}") from None
    if url.get_backend_name() not in ("postgresql", "postgres") or not url.database:
        raise DatabaseUrlError(f"{_without_password(url)!r} does not name a PostgreSQL database; {_EXPECTED}")
    return url.set(drivername="postgresql+psycopg2")


def sqlalchemy_url(text: str) -> str:
    """The URL for SQLAlchemy and dagster-postgres, with its password."""
    return parse_url(text).render_as_string(hide_password=False)


def plain_url(text: str) -> str:
    """The URL for libpq and yoyo (`postgresql://`), with its password."""
    return parse_url(text).set(drivername="postgresql").render_as_string(hide_password=False)


def safe_url(text: str) -> str:
    """The URL without its password, for messages."""
    return _without_password(parse_url(text).set(drivername="postgresql"))


def with_database(text: str, name: str) -> str:
    """The same server, another database."""
    return parse_url(text).set(database=name).render_as_string(hide_password=False)


def dagster_url(text: str) -> str:
    """The default of `DAGSTER_DATABASE_URL`: database `<name>_dagster` on the same server."""
    return with_database(text, f"{parse_url(text).database}_dagster")


def _without_password(url: URL) -> str:
    return url.difference_update_query(["password"]).render_as_string(hide_password=True)
