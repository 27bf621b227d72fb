"""`user_answers`: what a user answered on a match and why, one row for each answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from jobmatch_dagster import api
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.migrations import migrate, rollback
from jobmatch_dagster.errors import InputError
from jobmatch_dagster_tests.support.rows_of_users import FILL, JOBS

_LOG = """
    SELECT stage, reason, note FROM user_answers JOIN jobs ON jobs.id = job_id
    WHERE external_id = '1' ORDER BY user_answers.id
"""


@pytest.fixture
def answered(database: Database) -> Database:
    with database.begin() as connection:
        connection.exec_driver_sql(JOBS)
        connection.exec_driver_sql(FILL.format(key="ada"))
        connection.exec_driver_sql("DELETE FROM user_answers")
    return database


def test_every_new_answer_is_one_row(answered: Database) -> None:
    steps = [
        ("applied", None, None, True),
        ("applied", None, None, False),
        ("rejected", "pay", "half of mine", True),
        ("rejected", "pay", "half of mine", False),
        ("rejected", None, None, False),
        ("rejected", "wrong_place", None, True),
        ("saved", None, None, True),
    ]
    for decision, reason, note, changed in steps:
        assert api.decide(answered, "ada", "1", decision, reason=reason, note=note) is changed
    with answered.begin() as connection:
        log = [tuple(row) for row in connection.execute(text(_LOG))]
    assert log == [
        ("applied", None, None),
        ("rejected", "pay", "half of mine"),
        ("rejected", "wrong_place", "half of mine"),
        ("saved", None, None),
    ]


def test_equal_answers_at_once_are_one_row(answered: Database) -> None:
    def answer(_: int) -> bool:
        return api.decide(answered, "ada", "1", "rejected", reason="pay")

    with ThreadPoolExecutor(4) as threads:
        changed = list(threads.map(answer, range(8)))
    with answered.begin() as connection:
        assert (sum(changed), len(connection.execute(text(_LOG)).all())) == (1, 1)


@pytest.mark.parametrize(("reason", "note"), [("bored", None), (None, ""), (None, "x" * 501), (None, "a\0b")])
def test_unusable_reasons_are_refused(answered: Database, reason: str | None, note: str | None) -> None:
    with pytest.raises(InputError):
        api.decide(answered, "ada", "1", "rejected", reason=reason, note=note)
    with answered.begin() as connection:
        assert connection.execute(text(_LOG)).all() == []


def test_earlier_decisions_are_in_the_log(answered: Database) -> None:
    while _decisions(answered, "SELECT to_regclass('user_answers')") != [(None,)]:
        rollback(answered)
    decided = _decisions(answered, "SELECT user_id, job_id, status, decided_at FROM user_job_matches ORDER BY job_id")
    migrate(answered)
    assert len(decided) == 3
    assert (
        _decisions(answered, "SELECT user_id, job_id, stage, decided_at FROM user_answers ORDER BY job_id") == decided
    )


def _decisions(database: Database, query: str) -> list[tuple[object, ...]]:
    with database.begin() as connection:
        return [tuple(row) for row in connection.execute(text(query))]
