"""One posting from a person: the text of an ad, or a document with a schema.org JobPosting."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import quote

from sqlalchemy import Connection

from jobmatch_dagster.core.catalog.normalise import RecordError, normalise_page, normalise_record
from jobmatch_dagster.core.json_values import JsonValue
from jobmatch_dagster.core.posting import Posting
from jobmatch_dagster.core.raw.documents import ENDPOINT, Document, document_page
from jobmatch_dagster.core.raw.job_posting import web_address
from jobmatch_dagster.core.raw.json_ld import MAX_DOCUMENT_BYTES
from jobmatch_dagster.core.text import clean_block, clean_line, sha256_hex
from jobmatch_dagster.db.catalog.jobs import record_hashes
from jobmatch_dagster.db.catalog.quarantine import first_rejection
from jobmatch_dagster.db.connection.engine import Database, run_query
from jobmatch_dagster.db.connection.locks import LOADING, lock
from jobmatch_dagster.db.raw.documents import newest_documents
from jobmatch_dagster.errors import InputError
from jobmatch_dagster.pipeline.catalog.records import AddedJob, load_records

ADDED_SOURCE = "added"
"""Source of the postings that a person adds; their external ids begin with it and a colon."""
_MAX_TITLE_CHARACTERS = 300


class PostingTextError(InputError):
    """Text that no posting can be made of; the message says what is missing."""


@dataclass(frozen=True)
class StatedFacts:
    """What a person says about an ad beside its text; None where nothing is said."""

    title: str | None = None
    company: str | None = None
    location: str | None = None
    url: str | None = None


def is_document(text: str) -> bool:
    """Whether it is JSON or a web page, and not the text of an ad."""
    start = text.lstrip("\ufeff \t\r\n")[:15].casefold()
    return start[:1] in ("{", "[") or start.startswith(("<!doctype", "<html", "<script", "<?xml", "<head"))


def add_text(database: Database, text: str, facts: StatedFacts, now: datetime, run_id: str) -> AddedJob:
    """Add the ad with this text. Its external id is the hash of its content: adding it again changes nothing.

    Raises:
        PostingTextError: if the text is empty or too long, or no company is given, or the address is none of the web.
        RecordError: if the record cannot become a posting.
    """
    if len(text.encode(errors="replace")) > MAX_DOCUMENT_BYTES:
        raise PostingTextError(f"The text has more than {MAX_DOCUMENT_BYTES:,} bytes: hand in one ad.")
    description = clean_block(text)
    title = clean_line(facts.title or description.split("\n", 1)[0].lstrip("#* "))
    company = clean_line(facts.company or "")
    if not description or not title:
        raise PostingTextError("The text is empty: hand in the text of an ad, or a schema.org JobPosting.")
    if not company:
        raise PostingTextError("The ad's employer is not known: give --company NAME.")
    if facts.title is None and len(title) > _MAX_TITLE_CHARACTERS:
        raise PostingTextError("The first line is too long to be a title: give --title TITLE.")
    if facts.url and web_address(facts.url) is None:
        raise PostingTextError(f"{facts.url!r} is no address of the web: give one that begins with https://.")
    location = clean_line(facts.location or "")
    digest = sha256_hex("\n".join((title, company, location, facts.url or "", description)))
    external_id = f"{ADDED_SOURCE}:{digest[:16]}"
    record: dict[str, JsonValue] = {
        "id": external_id, "title": title, "organization": company,
        "url": facts.url or f"urn:jobmatch:{quote(external_id, safe=':')}", "date_created": now.isoformat(),
        "description_text": description, "source": ADDED_SOURCE, "source_type": "text",
        **({"locations_raw": [{"@type": "Place", "address": location}]} if location else {}),
    }  # fmt: skip
    normalise_record(record)
    body = json.dumps([record], ensure_ascii=False).encode()
    with database.begin() as connection:
        lock(connection, LOADING)
        if run_query(connection, "catalog/job_exists", {"external_id": external_id})[0].known:
            return AddedJob(external_id, "unchanged")
        return _load(connection, "added", {"source": ADDED_SOURCE}, body, now, run_id)[0]


def add_document(
    database: Database, text: str, now: datetime, run_id: str, url: str | None = None
) -> Sequence[AddedJob]:
    """Add the postings of a document with schema.org JobPosting objects; the same document again changes nothing.

    Raises:
        PostingTextError: if it is too long, or the address is none of the web.
        RecordError: if one of its postings cannot be used; nothing is stored.
    """
    if len(text.encode(errors="replace")) > MAX_DOCUMENT_BYTES:
        raise PostingTextError(f"The document has more than {MAX_DOCUMENT_BYTES:,} bytes: hand in fewer postings.")
    if url and web_address(url) is None:
        raise PostingTextError(f"{url!r} is no address of the web: give one that begins with https://.")
    document = Document("", text, url)
    document = replace(document, name=document.sha256)  # a document of the same content is the same document
    with database.begin() as connection:
        lock(connection, LOADING)
        stored = newest_documents(connection, ADDED_SOURCE, [document.name]).get(document.name)
        first_seen_at = stored.first_seen_at if stored else now.isoformat()
        body = document_page(document, ADDED_SOURCE, first_seen_at)
        content = normalise_page(body)
        if content.rejected:
            raise RecordError(content.rejected[0].field, content.rejected[0].reason)
        if stored:
            return [AddedJob(posting.external_id, "unchanged") for _, posting in content.postings]
        request = {
            "source": ADDED_SOURCE, "document": document.name, "document_sha256": document.sha256,
            "first_seen_at": first_seen_at,
        }  # fmt: skip
        return _load(connection, ENDPOINT, request, body, now, run_id)


def _load(
    connection: Connection, endpoint: str, request: dict[str, str], body: bytes, now: datetime, run_id: str
) -> list[AddedJob]:
    """Load a page; gives each posting of it and what happened to its row."""
    postings = [posting for _, posting in normalise_page(body).postings]
    before = record_hashes(connection, [posting.external_id for posting in postings])
    loaded = load_records(connection, endpoint, request, body, now, run_id)
    if loaded.refused:
        raise RecordError(*first_rejection(connection, loaded.page_id))
    return [AddedJob(posting.external_id, _outcome(posting, before)) for posting in postings]


def _outcome(posting: Posting, before: Mapping[str, str]) -> Literal["inserted", "updated", "unchanged"]:
    if posting.external_id not in before:
        return "inserted"
    return "unchanged" if before[posting.external_id] == posting.record_hash else "updated"
