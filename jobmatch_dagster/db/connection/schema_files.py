"""The files that make the schema: `sql/migrations` and `sql/views`, and the names that they define."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from jobmatch_dagster.db.connection.engine import sql_folder

_COMPATIBLE = "-- compatible: yes"


def migration_names() -> tuple[str, ...]:
    """Names of the migrations, in order."""
    return tuple(path.stem for path in _migration_files())


def migration_text(name: str) -> str:
    """The SQL of a migration."""
    return (sql_folder() / "migrations" / f"{name}.sql").read_text(encoding="utf-8")


def needed_code(names: Sequence[str]) -> str:
    """Of these migrations in order the newest that code must know to work with the schema.

    A migration whose header says `-- compatible: yes` leaves earlier code able to work; it only adds what that code
    does not see.
    """
    return next((name for name in reversed(names) if not _is_compatible(name)), names[0])


def purpose(name: str) -> str:
    """The first line of a migration: what it is for."""
    return migration_text(name).splitlines()[0].removeprefix("--").strip()


def project_tables() -> tuple[str, ...]:
    """Names of the tables that the migrations create, in order of creation."""
    scripts = (path.read_text(encoding="utf-8") for path in _migration_files())
    return tuple(name for script in scripts for name in re.findall(r"^CREATE TABLE (\w+)", script, re.MULTILINE))


def project_views() -> tuple[str, ...]:
    """Names of the views, in order of creation."""
    return tuple(path.stem.split(".", 1)[-1] for path in _view_files())


def view_scripts() -> tuple[str, ...]:
    """The SQL of each view, in order of creation."""
    return tuple(path.read_text(encoding="utf-8") for path in _view_files())


def views_hash(database_name: str) -> str:
    """Differs when a view has changed, or the database is a copy under another name, whose roles are missing."""
    return hashlib.sha256((database_name + "".join(view_scripts())).encode()).hexdigest()


def _is_compatible(name: str) -> bool:
    return _COMPATIBLE in migration_text(name).splitlines()[:3]


def _migration_files() -> list[Path]:
    return [p for p in sorted((sql_folder() / "migrations").glob("*.sql")) if not p.stem.endswith(".rollback")]


def _view_files() -> list[Path]:
    return sorted((sql_folder() / "views").glob("*.sql"))
