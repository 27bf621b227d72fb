"""COPY: what is refused is told without the line, which may be a user's."""

from collections.abc import Callable

import psycopg2
import pytest
from sqlalchemy import Connection

from jobmatch_dagster.db.bulk import stage, stage_lines
from jobmatch_dagster.db.engine import Database

_WRITERS: dict[str, Callable[[Connection], int]] = {
    "rows": lambda c: stage(c, "user_job_matches", ("user_id", "match_reasoning"), [("x", "Secret")], name="t"),
    "lines": lambda c: stage_lines(c, "user_job_matches", ("user_id", "match_reasoning"), ["x\tSecret\n"], name="t"),
}


@pytest.mark.parametrize("write", _WRITERS.values(), ids=_WRITERS.keys())
def test_an_error_of_copy_does_not_quote_the_line(database: Database, write: Callable[[Connection], int]) -> None:
    with pytest.raises(psycopg2.Error, match="invalid input syntax") as caught, database.begin() as connection:
        write(connection)
    assert "Secret" not in str(caught.value)
    assert caught.value.__cause__ is None
