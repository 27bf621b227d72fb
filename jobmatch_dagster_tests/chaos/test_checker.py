"""The checker itself: it sees every change, and leaves out nothing that is not there."""

import pytest

from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster_tests.chaos import checker
from jobmatch_dagster_tests.chaos.checker import all_rows, differences
from jobmatch_dagster_tests.chaos.stage import Stage
from jobmatch_dagster_tests.support.databases import fresh_database

_CHANGES = {
    "a value": "UPDATE user_job_matches SET match_score = 1 + match_score WHERE match_score = "
    "(SELECT max(match_score) FROM user_job_matches)",
    "a lost row": "DELETE FROM job_embeddings WHERE job_id = (SELECT max(job_id) FROM job_embeddings)",
    "a doubled row": "INSERT INTO claude_costs_erased (day, usd) VALUES ('2026-01-01', 1)",
    "another owner": "UPDATE cv_documents SET user_id = (SELECT max(id) FROM users) "
    "WHERE user_id = (SELECT min(id) FROM users)",
}


@pytest.mark.parametrize("change", _CHANGES)
def test_the_checker_sees_every_change(stage: Stage, change: str) -> None:
    with fresh_database(stage.server_url, template=stage.before["digest"].template) as url:
        database = Database(url)
        before = all_rows(database)
        assert differences(before, all_rows(database)) == []
        with database.begin() as connection:
            connection.exec_driver_sql(_CHANGES[change])
        assert differences(before, all_rows(database))
        database.dispose()


def test_every_ignored_column_exists(database: Database) -> None:
    with database.read() as connection:
        found = {(row.table_name, row.name) for row in connection.execute(checker._COLUMNS)}
    assert checker._IGNORED.keys() | checker._PARTS.keys() <= found
