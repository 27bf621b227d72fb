"""Documents of a second source: from files to postings, once each, whatever else is in the folder."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from jobmatch_dagster.core.raw.documents import SourceNameError
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.pipeline.catalog.load import load_pages
from jobmatch_dagster.pipeline.catalog.records import add_record
from jobmatch_dagster.pipeline.raw.documents import (
    DocumentsError,
    DocumentsReport,
    read_folder,
    read_list,
    store_documents,
)
from jobmatch_dagster_tests.support.world import table_rows

NOW = datetime(2026, 11, 20, 9, 15, tzinfo=UTC)


def posting(number: int, **properties: Any) -> str:
    node = {
        "@type": "JobPosting", "title": f"Nurse {number}", "identifier": str(number),
        "hiringOrganization": {"name": "Klinikum"}, "description": "<p>Care</p>",
    }  # fmt: skip
    return json.dumps(node | properties)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ads"
    (folder / "more").mkdir(parents=True)
    (folder / "a.html").write_text(f'<script type="application/ld+json">{posting(1)}</script>', encoding="utf-8")
    (folder / "more" / "b.JSON").write_text(f"[{posting(2)}, {posting(3)}]", encoding="utf-8")
    (folder / "lines.jsonl").write_text(f"{posting(4)}\n{{broken}}\n{posting(5)}\n", encoding="utf-8")
    (folder / "empty.html").write_text("<p>Nothing</p>", encoding="utf-8")
    (folder / "huge.json").write_text(" " * 2_000_001, encoding="utf-8")
    (folder / "notes.txt").write_text(posting(9), encoding="utf-8")
    (tmp_path / "outside.json").write_text(posting(8), encoding="utf-8")
    (folder / "link.json").symlink_to(tmp_path / "outside.json")
    return folder


def take(database: Database, folder: Path, *, source: str = "boards", now: datetime = NOW) -> DocumentsReport:
    report = store_documents(database, read_folder(folder), source, now=now, run_id="run")
    load_pages(database, "run")
    return report


def column(database: Database, query: str) -> list[Any]:
    with database.begin() as connection:
        return list(connection.scalars(text(query)))


def test_a_folder_becomes_postings_of_its_own_source(database: Database, folder: Path) -> None:
    add_record(
        database,
        {"id": "1", "title": "Nurse", "organization": "K", "url": "https://a.example", "date_created": "2026-11-20"},
        NOW,
        "api",
    )
    report = take(database, folder)
    assert (report.read, report.stored, report.postings, report.unusable) == (5, 5, 5, 3)
    assert column(database, "SELECT external_id FROM jobs ORDER BY 1") == [
        "1", *(f"boards:klinikum:{number}" for number in range(1, 6)),
    ]  # fmt: skip
    assert column(database, "SELECT field FROM quarantined_records ORDER BY 1") == [
        "(document)", "(document)", "(json-ld)",
    ]  # fmt: skip
    pages = column(database, "SELECT request ->> 'document' FROM job_pages WHERE endpoint = 'document' ORDER BY 1")
    assert pages == ["a.html", "empty.html", "huge.json", "lines.jsonl", "more/b.JSON"]


def test_the_same_folder_again_changes_nothing(database: Database, folder: Path) -> None:
    take(database, folder)
    rows = table_rows(database)
    again = take(database, folder, now=NOW + timedelta(days=1))
    assert (again.read, again.stored) == (5, 0)
    assert table_rows(database) == rows
    load_pages(database, "rebuild", rebuild=True)
    assert table_rows(database, "jobs", "quarantined_records") == {
        name: rows[name] for name in ("jobs", "quarantined_records")
    }


def test_a_changed_document_updates_its_posting(database: Database, folder: Path) -> None:
    take(database, folder)
    (folder / "a.html").write_text(posting(1, title="Head nurse"), encoding="utf-8")
    assert take(database, folder, now=NOW + timedelta(days=1)).stored == 1
    assert column(database, "SELECT title FROM jobs WHERE external_id = 'boards:klinikum:1'") == ["Head nurse"]
    assert set(column(database, "SELECT date_created FROM jobs")) == {NOW}
    (folder / "a.html").write_text(posting(1), encoding="utf-8")
    assert take(database, folder, now=NOW + timedelta(days=2)).stored == 1
    assert column(database, "SELECT title FROM jobs WHERE external_id = 'boards:klinikum:1'") == ["Nurse 1"]


def test_two_sources_share_no_posting(database: Database, folder: Path) -> None:
    take(database, folder)
    take(database, folder, source="other")
    assert len(column(database, "SELECT id FROM jobs")) == 10
    with pytest.raises(SourceNameError):
        take(database, folder, source="1234")


def test_a_list_names_files_and_misses_none(database: Database, folder: Path) -> None:
    listed = folder / "list.txt"
    listed.write_text("# ads\na.html\nmore/b.JSON\ngone.html\nhttps://a.example/1\na.html\n", encoding="utf-8")
    report = store_documents(database, read_list(listed), "boards", now=NOW, run_id="run")
    assert (report.read, report.postings, report.unusable) == (4, 3, 2)
    assert [name for name, _ in report.problems] == ["gone.html", "https://a.example/1"]
    sitemap = folder / "sitemap.xml"
    bomb = '<!DOCTYPE a [<!ENTITY b "x">]><urlset><url><loc>a.html</loc></url>&b;</urlset>'
    sitemap.write_text(bomb, encoding="utf-8")
    assert store_documents(database, read_list(sitemap), "boards", now=NOW, run_id="run").read == 1


def test_a_folder_without_a_document_is_an_error(tmp_path: Path) -> None:
    for place in (tmp_path / "gone", tmp_path):
        with pytest.raises(DocumentsError):
            read_folder(place)
    with pytest.raises(DocumentsError):
        read_list(tmp_path / "gone.txt")
