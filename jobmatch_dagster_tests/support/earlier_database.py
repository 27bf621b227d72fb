"""Databases as the versions before `0001.schema` left them, built from the migrations of that time."""

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import text
from yoyo import get_backend, read_migrations

from jobmatch_dagster.db.connection.adoption import EARLIER
from jobmatch_dagster.db.connection.engine import Database, run_script
from jobmatch_dagster.db.connection.schema_files import project_tables, project_views
from jobmatch_dagster.db.connection.urls import plain_url

_SCRIPTS = (Path(__file__).parent / "data/earlier_migrations.sql").read_text(encoding="utf-8")
_VIEWS = (Path(__file__).parent / "data/earlier_views.sql").read_text(encoding="utf-8")


def build_earlier_database(database: Database, last: str = EARLIER[-1]) -> None:
    """Migrate an empty database to this earlier migration; at the last one it has views and roles."""
    scripts = dict(re.findall(r"^-- migration: (\S+)\n(.*?)(?=^-- migration: |\Z)", _SCRIPTS, re.MULTILINE | re.DOTALL))
    assert tuple(scripts) == EARLIER
    with TemporaryDirectory() as folder:
        for name in EARLIER[: EARLIER.index(last) + 1]:
            (Path(folder) / f"{name}.sql").write_text(scripts[name], encoding="utf-8")
        with get_backend(plain_url(database.url), "_yoyo_migration") as backend:
            backend.apply_migrations(backend.to_apply(read_migrations(folder)))
    if last != EARLIER[-1]:
        return
    with database.begin() as connection:
        run_script(connection, _VIEWS)
        connection.exec_driver_sql("COMMENT ON TABLE _yoyo_migration IS 'what the views were made of'")
        # Tables that were added since are not there yet.
        found = "SELECT name FROM unnest(CAST(:names AS text[])) AS t (name) WHERE to_regclass(name) IS NOT NULL"
        tables = list(connection.scalars(text(found), {"names": list(project_tables())}))
        connection.execute(
            text("SELECT isolate_users(:tables, :views)"),
            {"tables": tables, "views": list(project_views())},
        )
