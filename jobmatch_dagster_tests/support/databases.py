"""Databases on the test server: a fresh copy of a template for each test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, create_engine, text

from jobmatch_dagster.db.connection.urls import with_database

_numbers = itertools.count(1)


@contextmanager
def fresh_database(server_url: str, *, template: str, tablespace: str = "") -> Iterator[str]:
    """URL of a copy of that template, in that tablespace if one is named; it is dropped afterwards."""
    name = f"test_{next(_numbers)}"
    where = f"TABLESPACE {tablespace}" if tablespace else ""
    with _server(server_url) as server:
        server.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {where}'))
    yield with_database(server_url, name)
    with _server(server_url) as server:
        server.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


def as_template(url: str) -> str:
    """Name of a filled database, ready to be copied: nobody may be connected to it, so its connections are ended."""
    name = url.rsplit("/", 1)[-1].split("?", 1)[0]
    with _server(url) as server:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        server.execute(text(ended), {"name": name})
    return name


def forgo_durability(server_url: str) -> None:
    """Let the server wait for no disk: after a crash its data are not used again."""
    with _server(server_url) as server:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            server.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        server.execute(text("SELECT pg_reload_conf()"))


@contextmanager
def _server(url: str) -> Iterator[Connection]:
    engine = create_engine(with_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
