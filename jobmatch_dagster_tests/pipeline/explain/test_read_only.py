"""An explanation reads and never writes, also where the next matching would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate
from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.explained_pair import Pair

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
_NOT_STORED = "computed for this page, not stored yet"


def _content(database: Database) -> dict[str, str]:
    """A hash of every table of the database."""
    with database.begin() as connection:
        return {
            name: connection.scalar(
                text(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{name}\" AS t")
            )
            for name in connection.scalars(text(_TABLES)).all()
        }


@pytest.fixture
def stale(pair: Pair) -> Pair:
    """The pair without what a matching would store: facts, similar skills, a calibration, the current model."""
    pair.seed(
        "UPDATE jobs SET ai_key_skills = '{personal hygiene,Zither}', record_hash = 'x' WHERE external_id = :posting"
    )
    pair.seed("DELETE FROM skill_neighbours")
    pair.seed("DELETE FROM embedding_models")
    pair.seed("UPDATE score_calibrations SET model = 'of another'")
    return pair


def test_page_changes_no_table(stale: Pair) -> None:
    before = _content(stale.database)
    assert len(before) > 15
    page = stale.explain(embed_again=True).page
    assert _content(stale.database) == before
    assert _NOT_STORED in page.text()
    assert "the facts of the posting; what is alike to personal hygiene, zither" in page.text()
    (skills,) = [section.tables[0].rows for section in page.sections if section.title == "Skills"]
    assert [row[:4] for row in skills] == [
        ("personal hygiene", "Hygiene", "similar", 0.7),
        ("Zither", None, "missing", 0.0),
    ]


def test_page_of_a_stored_pair_says_nothing_of_storing(pair: Pair) -> None:
    assert _NOT_STORED not in pair.explain().page.text()


@pytest.fixture
def reader(stale: Pair) -> Iterator[Pair]:
    """The pair, for a login that may do nothing but SELECT, under row-level security."""
    migrate(stale.database)  # a copy of a database has no roles of its own yet
    name = make_url(stale.database.url).database
    login = f"{name}_explainer"
    with stale.database.begin() as connection:
        connection.exec_driver_sql(f'CREATE ROLE "{login}" LOGIN IN ROLE "{name}_reader"')
    url = make_url(stale.database.url).set(username=login).render_as_string(hide_password=False)
    database = Database(url)
    yield Pair(database, stale.user, stale.posting)
    database.dispose()
    with stale.database.begin() as connection:
        for role in (login, f"{name}_pipeline", f"{name}_reader", f"{name}_statistics"):
            connection.exec_driver_sql(f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


def test_reader_sees_the_page_of_the_pipeline(stale: Pair, reader: Pair) -> None:
    assert reader.explain().page.text() == stale.explain().page.text()


def test_command_explains_to_a_reader(stale: Pair, reader: Pair, tmp_path: Path) -> None:
    variables = {"JOBMATCH_DATABASE_URL": reader.database.url, "JOBMATCH_HOME": str(tmp_path / "home")}
    before = _content(stale.database)
    result = run_command("explain", reader.user, reader.posting, **variables)
    assert result.returncode == 0, result.stderr
    assert _NOT_STORED in result.stdout
    assert _content(stale.database) == before
