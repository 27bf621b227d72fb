"""Documents with job postings as stored pages: the second source beside the vendor's API.

A page of a document is `{"json_ld_document": {...}}`: the document's text as it came, its name, its address and when it
was read first. So pages alone can rebuild `jobs`, as those of the vendor can.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.raw.job_posting import Origin, posting_record, web_address
from jobmatch_dagster.core.raw.json_ld import MAX_DOCUMENT_BYTES, find_postings
from jobmatch_dagster.core.raw.page_records import UnusableRecord
from jobmatch_dagster.errors import InputError

DOCUMENT_PAGE = "json_ld_document"
"""Key of a page with a document."""
ENDPOINT = "document"
"""Feed of such a page in `job_pages`."""
DEFAULT_SOURCE = "json-ld"
_SOURCE_NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
_CHARSET = re.compile(rb"""charset\s?=\s?["']?\s?([\w-]{2,20})""", re.IGNORECASE)
# Where a page says how it is encoded, by the HTML standard.
_HEAD_BYTES = 1_024
_MAX_NAME_CHARACTERS = 500


class SourceNameError(InputError):
    """A name that no source can have."""


@dataclass(frozen=True)
class Document:
    """A document as it was read.

    Attributes:
        name: its place in the source: a path inside the folder, or an address.
        text: its content; "" if it could not be read.
        url: its address on the web, if it is known.
        problem: why it could not be read.
    """

    name: str
    text: str
    url: str | None = None
    problem: str | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of what a reader sees of it, hex."""
        return hashlib.sha256(json.dumps([self.text, self.url, self.problem]).encode()).hexdigest()


def require_source_name(name: str) -> str:
    """The name, if it can be one of a source.

    Raises:
        SourceNameError: if it cannot; an external id must stay readable and cannot be one of the vendor's numbers.
    """
    if not _SOURCE_NAME.fullmatch(name):
        raise SourceNameError(
            f"{name!r} is no name of a source: use up to 30 lower-case letters, digits and hyphens, a letter first."
        )
    return name


def decode_document(name: str, content: bytes, url: str | None = None) -> Document:
    """A document from its bytes, by its own statement of the encoding, else as UTF-8, else as Windows-1252."""
    name = shortened(name)
    if len(content) > MAX_DOCUMENT_BYTES:
        problem = f"{len(content):,} bytes; at most {MAX_DOCUMENT_BYTES:,} are read: save the postings alone"
        return Document(name, "", url, problem)
    stated = _CHARSET.search(content[:_HEAD_BYTES])
    names = ["utf-16"] if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    if stated and len(names) > 1:
        names.insert(1, stated[1].decode("ascii"))
    for encoding in names:
        try:
            return Document(name, content.decode(encoding), url)
        except (ValueError, LookupError):
            continue
    return Document(name, content.decode("utf-8", errors="replace"), url)


def shortened(name: str) -> str:
    """A name that the index of documents takes; a longer one ends with its hash."""
    if len(name) <= _MAX_NAME_CHARACTERS:
        return name
    return f"{name[: _MAX_NAME_CHARACTERS - 20]}…{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def document_page(document: Document, source: str, first_seen_at: str) -> bytes:
    """The body of the page that stores a document."""
    content = asdict(document) | {"source": source, "first_seen_at": first_seen_at}
    return json.dumps({DOCUMENT_PAGE: content}).encode()


def document_records(page: JsonObject) -> list[JsonValue]:
    """The records of a stored document (the value under `DOCUMENT_PAGE`), in the order of its postings."""
    text, problem, source = page.get("text"), page.get("problem"), page.get("source")
    if problem or not isinstance(text, str) or not isinstance(source, str):
        return [UnusableRecord("", "(document)", str(problem or "incomplete page of a document"))]
    document = find_postings(text)
    given, first_seen_at = page.get("url"), str(page.get("first_seen_at"))
    address = web_address(document.url, given if isinstance(given, str) else None)
    origin = Origin(
        source, first_seen_at, address or (given if isinstance(given, str) else None), len(document.found) == 1,
        document.by_id,
    )  # fmt: skip
    return [item if isinstance(item, UnusableRecord) else posting_record(item, origin) for item in document.found]
