"""From documents with job postings to stored pages: a folder, or a list of files."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from jobmatch_dagster.core.catalog.normalise import parse_stored_page
from jobmatch_dagster.core.raw.documents import (
    Document,
    decode_document,
    document_page,
    require_source_name,
    shortened,
)
from jobmatch_dagster.core.raw.json_ld import MAX_DOCUMENT_BYTES
from jobmatch_dagster.core.raw.page_records import UnusableRecord
from jobmatch_dagster.db.connection.engine import Database
from jobmatch_dagster.db.connection.locks import COLLECTING, exclusively
from jobmatch_dagster.db.raw.documents import insert_document, newest_documents
from jobmatch_dagster.errors import InputError

DOCUMENT_SUFFIXES = frozenset({".html", ".htm", ".xhtml", ".json", ".jsonld", ".jsonl", ".ndjson"})
MAX_LIST_BYTES = 20_000_000
_DOCUMENTS_PER_TRANSACTION = 50
_MAX_PROBLEMS = 10
# A sitemap is read as text: an XML parser would expand its entities.
_LOCATION = re.compile(r"<loc>\s*([^<\s]{1,2000})\s*</loc>", re.IGNORECASE)


class DocumentsError(InputError):
    """A folder or a list without a document."""


@dataclass
class DocumentsReport:
    """What became of the documents.

    Attributes:
        read: documents that were looked at.
        stored: those that are new or changed.
        postings: job postings in the stored ones.
        unusable: stored documents, or parts of them, of which no posting can be made; the next load quarantines them.
        problems: the first of these, as (document, reason).
    """

    read: int = 0
    stored: int = 0
    postings: int = 0
    unusable: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)


def read_folder(folder: Path) -> Iterator[Document]:
    """Every document below a folder, in the order of the names. Links that lead out of it are left out.

    Raises:
        DocumentsError: if there is no such folder, or no document in it.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise DocumentsError(f"There is no folder {folder}.")
    found = sorted(
        path for path in root.rglob("*")
        if path.suffix.casefold() in DOCUMENT_SUFFIXES and path.is_file() and path.resolve().is_relative_to(root)
    )  # fmt: skip
    if not found:
        raise DocumentsError(
            f"No document in {folder}: it needs files that end with {', '.join(sorted(DOCUMENT_SUFFIXES))}."
        )
    return (_read(path, path.relative_to(root).as_posix()) for path in found)


def read_list(file: Path) -> Iterator[Document]:
    """The documents that a file lists: a path a line, relative to the file, or a sitemap with file addresses.

    A path that cannot be read is a document with a problem, so that it is seen.

    Raises:
        DocumentsError: if the list cannot be read, or names nothing.
    """
    try:
        if file.stat().st_size > MAX_LIST_BYTES:
            raise DocumentsError(f"{file} has more than {MAX_LIST_BYTES:,} bytes: split the list.")
        text = file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise DocumentsError(f"{file} cannot be read: {error.strerror}.") from None
    lines = _LOCATION.findall(text) if text.lstrip().startswith("<") else text.splitlines()
    names = list(dict.fromkeys(name for line in lines if (name := line.strip()) and not name.startswith("#")))
    if not names:
        raise DocumentsError(f"{file} names no document: it needs a path a line, or a sitemap with <loc> elements.")
    return (_listed(name, file.resolve().parent) for name in names)


def _listed(name: str, folder: Path) -> Document:
    plain = name.removeprefix("file://")
    if "://" in plain:
        problem = "an address on the web; pages are not fetched: save it and list the file"
        return Document(shortened(name), "", None, problem)
    return _read(folder / plain, plain)


def _read(path: Path, name: str) -> Document:
    try:
        with path.open("rb") as opened:
            return decode_document(name, opened.read(MAX_DOCUMENT_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no path"
        return Document(shortened(name), "", None, f"the file cannot be read: {reason}")


def store_documents(
    database: Database, documents: Iterable[Document], source: str, *, now: datetime, run_id: str
) -> DocumentsReport:
    """Store every document that is new or has changed as a page of its source. The next load makes postings of them.

    A document that was stored before keeps the time at which it was read first, which is the `date_created` of its
    postings. Storing the same documents again stores nothing.

    Raises:
        SourceNameError: if the source cannot have this name.
    """
    require_source_name(source)
    report = DocumentsReport()
    with exclusively(database, COLLECTING):
        for group in _groups(documents):
            _store_group(database, group, source, now, run_id, report)
    return report


def _groups(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents in groups for a transaction each; of two of one name in a group the later one counts."""
    waiting = iter(documents)
    while group := list(islice(waiting, _DOCUMENTS_PER_TRANSACTION)):
        yield list({document.name: document for document in group}.values())


def _store_group(
    database: Database, group: list[Document], source: str, now: datetime, run_id: str, report: DocumentsReport
) -> None:
    with database.begin() as connection:
        stored = newest_documents(connection, source, [document.name for document in group])
        for document in group:
            report.read += 1
            before = stored.get(document.name)
            if before is not None and before.sha256 == document.sha256:
                continue
            first_seen_at = before.first_seen_at if before else now.isoformat()
            records = parse_stored_page(document_page(document, source, first_seen_at))
            insert_document(
                connection, document, source,
                first_seen_at=first_seen_at, read_at=now, run_id=run_id, record_count=len(records),
            )  # fmt: skip
            unusable = [record for record in records if isinstance(record, UnusableRecord)]
            report.stored += 1
            report.postings += len(records) - len(unusable)
            report.unusable += len(unusable)
            report.problems += [(document.name, f"{record.field}: {record.reason}") for record in unusable]
            del report.problems[_MAX_PROBLEMS:]
