"""The life of a posting: expired, back again, changed, quarantined, refused by the database."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster.core.catalog.normalise import NORMALISER_VERSION, RecordError
from jobmatch_dagster.core.raw.response import PageResponse
from jobmatch_dagster.core.raw.windows import Sweep
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.raw.pages import insert_page
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster.pipeline.catalog import load
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster_tests.support.world import HOUR, World

_T0 = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)
_DAY = HOUR.strftime("%Y-%m-%d")
_SWEEP_ID = "00000000-0000-0000-0000-{:012d}"


def _record(number: int = 1, **fields: Any) -> dict[str, Any]:
    return {
        "id": str(number), "title": "Data Engineer", "organization": "Kranich", "url": f"https://k.example/{number}",
        "date_created": "2026-11-20T07:01:02.123", "description_text": "Build pipelines.", **fields,
    }  # fmt: skip


def _store(database: Database, records: Any, *, minutes: int = 0, endpoint: str = "1h") -> None:
    """Store a page that was fetched so many minutes after `_T0`."""
    body = records if isinstance(records, bytes) else json.dumps(records).encode()
    page = PageResponse({}, 0, 200, {}, body, _T0 + timedelta(minutes=minutes), len(records), True)
    with database.begin() as connection:
        count = connection.scalar(text("SELECT count(*) FROM job_pages"))
        sweep_id: Any = _SWEEP_ID.format(count)
        insert_page(connection, "g1", {}, Sweep(endpoint, None, None), sweep_id, page, "r")


def _one(database: Database, query: str) -> Any:
    with database.begin() as connection:
        return connection.scalar(text(query))


def test_late_older_page_overwrites_nothing(database: Database) -> None:
    _store(database, [_record(title="New")], minutes=60)
    load_pages(database, "r")
    _store(database, [_record(title="Old")], minutes=30)
    assert load_pages(database, "r").counts.updated == 0
    assert _one(database, "SELECT title FROM jobs") == "New"
    # Seen again unchanged at a later time: a page from before that time is old, too.
    _store(database, [_record(title="New")], minutes=90)
    _store(database, [_record(title="Old")], minutes=75)
    load_pages(database, "r")
    assert _one(database, "SELECT title FROM jobs") == "New"
    load_pages(database, "r", rebuild=True)
    assert _one(database, "SELECT title FROM jobs") == "New"


def test_cosmetic_change_keeps_the_text_hash(database: Database) -> None:
    hashes = "SELECT text_hash FROM jobs"
    _store(database, [_record()])
    load_pages(database, "r")
    before = _one(database, hashes)
    footer = "Build  pipelines. Find more English Speaking Jobs in Germany on Arbeitnow"
    _store(database, [_record(description_text=footer)], minutes=1)
    assert load_pages(database, "r").counts.updated == 1
    assert _one(database, "SELECT modified_fields FROM jobs") == ["description"]
    assert _one(database, hashes) == before
    _store(database, [_record(description_text="Build platforms.", ai_key_skills=["SQL"])], minutes=2)
    load_pages(database, "r")
    assert set(_one(database, "SELECT modified_fields FROM jobs")) == {"description", "ai_key_skills"}
    assert _one(database, hashes) != before


def test_fields_of_some_feeds_only_are_no_change(database: Database) -> None:
    _store(database, [_record()])
    load_pages(database, "r")
    stamp = _one(database, "SELECT xmin::text FROM jobs")
    modified = _record(date_modified="2026-11-20T08:00:00", modified_fields=["organization_logo"])
    _store(database, [modified], minutes=1, endpoint="6m")
    _store(database, [_record()], minutes=2)
    assert load_pages(database, "r").counts.unchanged == 1
    assert _one(database, "SELECT xmin::text FROM jobs") == stamp


def test_list_of_changes_from_the_vendor_is_stored(database: Database) -> None:
    _store(database, [_record()])
    load_pages(database, "r")
    changed = _record(
        title="Lead", date_modified="2026-11-20T08:00:00", modified_fields=["title"], description_text="Lead them."
    )
    _store(database, [changed], minutes=1, endpoint="modified")
    load_pages(database, "r")
    assert _one(database, "SELECT modified_fields FROM jobs") == ["title"]
    assert _one(database, "SELECT date_modified FROM jobs") == datetime(2026, 11, 20, 8, tzinfo=UTC)


def test_quarantine_is_replayed_after_a_fix(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(record: Any) -> Any:
        if record["id"] == "2":
            raise RecordError("title", "not understood")
        return normalise(record)

    from jobmatch_dagster.core.catalog import normalise as module

    normalise = module._normalise
    monkeypatch.setattr(module, "_normalise", refuse)
    _store(database, [_record(1), _record(2, ai_hiring_manager_name="Eva Muster")])
    assert load_pages(database, "r").quarantined == 1
    assert "Eva" not in _one(database, "SELECT record FROM quarantined_records")
    monkeypatch.setattr(module, "_normalise", normalise)
    assert load_pages(database, "r").pages == 0
    monkeypatch.setattr(load, "NORMALISER_VERSION", NORMALISER_VERSION + 1)
    assert load_pages(database, "r").counts.inserted == 1
    assert _one(database, "SELECT count(*) FROM quarantined_records") == 0


def test_pages_of_an_earlier_normaliser_are_loaded_again(database: Database) -> None:
    address = {"addressLocality": "Berlin", "addressRegion": "n/a"}
    _store(database, [_record(1, locations_raw=[{"address": address}]), _record(2)])
    load_pages(database, "r")
    with database.begin() as connection:
        connection.execute(text("UPDATE job_pages SET normaliser_version = :v"), {"v": NORMALISER_VERSION - 1})
        connection.execute(text("UPDATE jobs SET location = 'Berlin, n/a', record_hash = 'r' WHERE external_id = '1'"))
    counts = load_pages(database, "r").counts
    assert (counts.inserted, counts.updated, counts.unchanged) == (0, 1, 1)
    assert _one(database, "SELECT location FROM jobs WHERE external_id = '1'") == "Berlin"
    assert load_pages(database, "r").pages == 0


def test_row_that_the_database_refuses_is_quarantined_alone(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE jobs ADD CHECK (title <> 'cursed'), ADD CHECK (length(company) < 90)"))
    records = [_record(n) for n in range(40)]
    records[17]["title"], records[30]["organization"] = "cursed", "K" * 100
    _store(database, records)
    report = load_pages(database, "r")
    assert (report.counts.inserted, report.quarantined) == (38, 2)
    with database.begin() as connection:
        refused = connection.execute(
            text("SELECT page_position, external_id, reason FROM quarantined_records ORDER BY 1")
        ).all()
    assert [tuple(row)[:2] for row in refused] == [(17, "17"), (30, "30")]
    assert all("the database refuses it: new row" in row.reason for row in refused)
    assert load_pages(database, "r").pages == 0


def test_values_at_every_limit_are_accepted(database: Database) -> None:
    """What the normaliser accepts must fit into the columns and their indexes."""
    wide = "".join(chr(0x20000 + n) for n in range(600))
    record = _record(
        title=wide * 3, organization=wide * 3, ai_key_skills=[wide, wide[:-1]], ai_keywords=[wide],
        ai_taxonomies_a=[wide],
        description_text=" ".join(f"{n:x}ü" for n in range(40_000)), ai_salary_value="0." + "1" * 20,
        ai_salary_maxvalue=10**15 - 1, linkedin_org_employees=2**31 - 1, locations_raw=[{"a": "\0\ud800"}],
    )  # fmt: skip
    _store(database, [record, _record(2, ai_key_skills=[wide + "x"])])
    report = load_pages(database, "r")
    assert (report.counts.inserted, report.quarantined) == (2, 0)
    assert _one(database, "SELECT extra #>> '{_unusable,ai_key_skills,reason}' FROM jobs WHERE external_id = '2'")


def test_expired_postings_close_and_reopen_when_they_return(world: World) -> None:
    world.collect()
    first = world.scalar("SELECT min(external_id) FROM jobs")
    closed = f"SELECT closed_reason FROM jobs WHERE external_id = '{first}'"
    # A list of this length is larger than 512 KiB.
    world.server.expired_ids = [first, *(str(2_000_000_000 + n) for n in range(45_000))]
    world.upkeep(_DAY)
    assert world.scalar("SELECT max(length(body)) FROM job_pages WHERE endpoint = 'expired'") > 512 * 1024
    assert world.scalar(closed) == "expired"
    assert world.scalar("SELECT count(*) FROM jobs WHERE closed_at IS NOT NULL") == 1
    # Rebuilt from the pages, the posting is closed again.
    with world.database.begin() as connection:
        connection.exec_driver_sql("TRUNCATE jobs CASCADE")
    load_pages(world.database, "r", rebuild=True)
    assert world.scalar(closed) == "expired"
    assert world.scalar("SELECT count(*) FROM jobs WHERE closed_at IS NOT NULL") == 1
    # A newer page contains it again.
    world.collect(run_config={"ops": {"raw__job_pages": {"config": {"refetch": True}}}})
    assert world.scalar(closed) is None
    # Replaying old lists does not close it again.
    load_pages(world.database, "r", rebuild=True)
    assert world.scalar(closed) is None


def test_modified_feed_updates_changed_postings_only(world: World) -> None:
    records = postings_of_hour(HOUR, count=12)
    world.serve(records)
    world.collect()
    stamps = "SELECT string_agg(xmin::text, ',' ORDER BY external_id) FROM jobs WHERE title NOT LIKE 'Changed%'"
    credits_used = world.server.credits_used
    world.upkeep(_DAY)
    assert not [call for call in world.server.calls if call.startswith("/modified")]
    world.configure(modified_feed=True)
    records[3]["title"] = "Changed title"
    world.server.modified_ids = {str(record["id"]) for record in records[2:5]}
    before = world.scalar(f"{stamps} AND external_id <> '{records[3]['id']}'")
    result = world.upkeep(_DAY)
    metadata = next(
        event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key.path[-1] == "modified_jobs"
    )
    counts = [metadata[name].value for name in ("rows_inserted", "rows_updated", "rows_unchanged", "credits_spent")]
    assert counts == [0, 1, 2, 0]
    assert world.scalar(stamps) == before
    assert world.server.credits_used == credits_used
