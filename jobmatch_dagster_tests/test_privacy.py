"""The page of privacy is complete: every table and every time that something is kept is in it."""

import re
from pathlib import Path

from sqlalchemy import text

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.defs.operations.housekeeping import PageRetention, RunRetention

_PAGE = Path(__file__).parents[1] / "docs" / "privacy.md"
_ROW = re.compile(r"^\| (?P<what>[^|]+) \| (?P<where>[^|]+) \| (?P<kept>[^|]+) \|$", re.MULTILINE)
_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = CAST(current_schema() AS regnamespace)
      AND relname NOT LIKE '%yoyo%'
"""


def _spans(column: str) -> list[str]:
    """What the code spans of this column of the table name."""
    section = _PAGE.read_text("utf-8").split("## How long it is kept\n")[1].split("\n## ")[0]
    return [span for row in _ROW.finditer(section) for span in re.findall(r"`([^`]+)`", row[column])]


def test_each_table_of_the_database_is_on_the_page_once(database: Database) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE diaries (id int)")
        tables = set(connection.scalars(text(_TABLES)))
    named = [span for span in _spans("where") if span in tables]
    assert sorted(named) == sorted(tables - {"diaries"})


def test_each_setting_of_housekeeping_is_on_the_page() -> None:
    fields = {**PageRetention.model_fields, **RunRetention.model_fields}
    named = {span.split(":")[0]: span.split(": ")[1] for span in _spans("kept") if "_days" in span}
    assert named == {name: str(field.default) for name, field in fields.items()}
