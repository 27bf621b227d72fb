"""What COPY refuses keeps its SQLSTATE, costs no other row, and quotes no line; vectors go to their owners."""

import dataclasses
import json
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import psycopg2
import pytest
from sqlalchemy import Connection, text

from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.db.catalog.jobs import SightedPosting, merge_or_refuse
from jobmatch_dagster.db.connection.bulk import VectorsMissingError, copy_into, read_vectors_of, stage, stage_lines
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.catalog.records import load_records

_OF_A_CV = "se" + "cret\0"
_NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def _record(number: int) -> dict[str, str]:
    return {
        "id": str(number), "title": "Nurse", "organization": "Klinikum", "url": f"https://example.org/{number}",
        "date_created": "2026-11-20T07:10:00",
    }  # fmt: skip


def test_a_value_that_copy_refuses_costs_no_other(database: Database) -> None:
    postings = [normalise_record(_record(number)) for number in range(1, 21)]
    postings[4] = dataclasses.replace(postings[4], title="Nur\0se")
    with database.begin() as connection:
        page_id = load_records(connection, "1h", {}, json.dumps([_record(0)]).encode(), _NOW, "r").page_id
        sighted = [SightedPosting(posting, page_id, n, _NOW) for n, posting in enumerate(postings)]
        counts, refused = merge_or_refuse(connection, sighted, "r")
        assert (counts.inserted, refused) == (19, 1)
        row = connection.execute(text("SELECT page_position, reason FROM quarantined_records")).one()
    assert row.page_position == 4
    assert row.reason == 'the database refuses it: invalid byte sequence for encoding "UTF8": 0x00'


def _copy(connection: Connection, rows: Iterable[str]) -> None:
    copy_into(connection, "users", ["user_key"], ((row,) for row in rows))


def _stage(connection: Connection, rows: Iterable[str]) -> None:
    stage(connection, "users", ["user_key"], ((row,) for row in rows), name="staged")


def _stage_lines(connection: Connection, rows: Iterable[str]) -> None:
    stage_lines(connection, "users", ["user_key"], (row + "\n" for row in rows), name="staged")


@pytest.mark.parametrize("copy", [_copy, _stage, _stage_lines])
def test_an_error_of_copy_quotes_no_line(copy: Callable[[Connection, Iterable[str]], None], database: Database) -> None:
    with pytest.raises(psycopg2.Error) as caught, database.begin() as connection:
        copy(connection, [_OF_A_CV])
    assert caught.value.pgcode == "22021"
    assert "secret" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(("ids", "is_complete"), [([1, 2, 3], True), ([], True), ([1, 2, 3, 4], False)])
def test_vectors_are_those_of_their_owners(ids: list[int], is_complete: bool, database: Database) -> None:
    query = "SELECT id::bigint, format('[%%s,0]', id)::vector FROM generate_series(1, %(last)s) AS id"
    with database.begin() as connection:
        if is_complete:
            vectors = read_vectors_of(connection, query, {"last": len(ids)}, ids)
            assert [vector[0] for vector in vectors] == ids
        else:
            with pytest.raises(VectorsMissingError, match=r"^1 vectors were deleted"):
                read_vectors_of(connection, query, {"last": 3}, ids)
