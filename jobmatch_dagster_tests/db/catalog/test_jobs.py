"""The merge of postings: what is not sent, what is not touched, and which version stays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from jobmatch_dagster.core.catalog.normalise import normalise_record
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.db.catalog.jobs import MergeCounts, SightedPosting, merge_postings
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.quality.evaluate import add_postings

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_STAMPS = "SELECT md5(string_agg(xmin::text || record_hash, ',' ORDER BY id)) FROM jobs"


@pytest.fixture
def postings(database: Database) -> list[Posting]:
    """Twenty postings that are in the catalog."""
    found = [normalise_record(record) for record in postings_of_hour(_NOW, count=20)]
    with database.begin() as connection:
        add_postings(connection, [], _NOW)
    assert _merge(database, found, 0).inserted == 20
    return found


def _merge(database: Database, postings: list[Posting], hours: int) -> MergeCounts:
    return _merge_at(database, [(posting, hours) for posting in postings])


def _merge_at(database: Database, versions: list[tuple[Posting, int]]) -> MergeCounts:
    """Merge versions, each fetched so many hours after the first."""
    with database.begin() as connection:
        sighted = [SightedPosting(p, 1, place, _NOW + timedelta(hours=h)) for place, (p, h) in enumerate(versions)]
        return merge_postings(connection, sighted, "run")


def _titles(database: Database, posting: Posting) -> list[str]:
    with database.begin() as connection:
        found = connection.exec_driver_sql("SELECT title FROM jobs WHERE external_id = %s", (posting.external_id,))
        return list(found.scalars())


def test_what_is_stored_just_so_is_neither_sent_nor_touched(database: Database, postings: list[Posting]) -> None:
    changed = replace(postings[3], title="Another title", record_hash="another")
    with database.begin() as connection:
        before = connection.exec_driver_sql(_STAMPS).scalar()
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda _, __, statement, *rest: statements.append(statement))
    assert _merge(database, postings, 1) == MergeCounts(unchanged=20)
    assert not [statement for statement in statements if "INSERT INTO jobs" in statement]
    with database.begin() as connection:
        assert connection.exec_driver_sql(_STAMPS).scalar() == before
    assert _merge(database, [*postings[:3], changed], 2) == MergeCounts(unchanged=3, updated=1)
    assert _titles(database, changed) == ["Another title"]


def test_an_older_version_beside_the_stored_one_never_comes_back(database: Database, postings: list[Posting]) -> None:
    old = postings[0]
    new = replace(old, title="Newer title", record_hash="newer")
    assert _merge(database, [new], 5).updated == 1
    assert _merge_at(database, [(old, 6), (new, 7)]) == MergeCounts(unchanged=1)
    assert _merge_at(database, [(new, 9), (old, 8)]) == MergeCounts(unchanged=1)
    assert _titles(database, old) == ["Newer title"]
    assert _merge_at(database, [(new, 10), (old, 11)]).updated == 1
    assert _titles(database, old) == [old.title]
