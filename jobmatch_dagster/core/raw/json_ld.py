"""The schema.org JobPosting objects of a document: a web page with JSON-LD, a JSON file, or one object a line.

Belongs here: where the objects are. What their properties mean is in `job_posting.py`. Documents come from anybody: a
script is never more than text, entities are not expanded, and every search is linear in the length of the text.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.raw.page_records import UnusableRecord, parse_integer

MAX_DOCUMENT_BYTES = 2_000_000
MAX_POSTINGS = 1_000
"""Postings that are read from one document."""
_REMEDY = (
    'expected a web page with <script type="application/ld+json">, or JSON, with an object of "@type": "JobPosting" '
    "(https://schema.org/JobPosting)"
)
# Attributes are limited: a page of unclosed tags must not be searched to its end for each of them.
_MARK = re.compile(r"<!--|<(?P<name>script|link|meta|base)\b(?P<attributes>[^<>]{0,2000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([\w:-]{1,40})\s{0,9}=\s{0,9}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_AROUND_BLOCK = re.compile(r"^(?:\s|<!--|//\s?<!\[CDATA\[|/\*\s?<!\[CDATA\[\s?\*/|<!\[CDATA\[)+")
_AFTER_BLOCK = ("-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>", ";", "//")
# A comma before the end of an object or a list; text in quotes is passed over.
_TRAILING_COMMA = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])', re.DOTALL)
_QUOTED_CHARACTERS = 500


@dataclass
class DocumentPostings:
    """The JobPosting objects of a document and what could not be read, in their order.

    Attributes:
        found: objects as they came, or the text of a block that is no JSON.
        url: address that the page gives itself (canonical link, og:url); None if it gives none.
        by_id: objects of the document by their `@id`, which others refer to.
    """

    found: list[JsonObject | UnusableRecord] = field(default_factory=list)
    url: str | None = None
    by_id: dict[str, JsonObject] = field(default_factory=dict)


def find_postings(text: str) -> DocumentPostings:
    """Every JobPosting of a document. One without any has a single unusable record that says what is expected."""
    document = DocumentPostings()
    is_json = text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[")
    values = _json_values(text) if is_json else _blocks(text, document)
    for value in values:
        if isinstance(value, UnusableRecord):
            document.found.append(value)
        else:
            document.found += _postings_in(value, document.by_id)
        if len(document.found) > MAX_POSTINGS:
            reason = f"more than {MAX_POSTINGS:,} postings in one document; the rest is not read: split it"
            document.found[MAX_POSTINGS:] = [UnusableRecord("", "(document)", reason)]
            break
    if not document.found:
        document.found = [UnusableRecord(text[:_QUOTED_CHARACTERS], "(document)", f"no job posting in it; {_REMEDY}")]
    return document


def is_posting(node: JsonObject) -> bool:
    """Whether an object is a JobPosting, by any common spelling of its type."""
    kinds = node.get("@type", node.get("type"))
    return any(
        isinstance(kind, str) and re.split(r"[/#:]", kind.strip())[-1].casefold() == "jobposting"
        for kind in (kinds if isinstance(kinds, list) else [kinds])
    )


def _blocks(text: str, document: DocumentPostings) -> Iterator[JsonValue]:
    """The JSON of a page's JSON-LD scripts. Other scripts and comments are passed over, whatever they contain."""
    place = 0
    while mark := _MARK.search(text, place):
        place = mark.end()
        if mark[0] == "<!--":
            end = text.find("-->", place)
            if end < 0:
                return
            place = end + 3
            continue
        attributes = _attributes(mark["attributes"])
        if mark["name"].casefold() != "script":
            document.url = document.url or _own_address(attributes)
            continue
        end_tag = _SCRIPT_END.search(text, place)
        if end_tag is None:
            return
        if "ld+json" in attributes.get("type", "").casefold():
            yield from _json_values(_unwrapped(text[place : end_tag.start()]))
        place = end_tag.end()


def _attributes(text: str) -> dict[str, str]:
    return {
        found[1].casefold(): html.unescape(found[2] or found[3] or found[4] or "")
        for found in _ATTRIBUTE.finditer(text)
    }


def _own_address(attributes: Mapping[str, str]) -> str | None:
    if attributes.get("rel", "").casefold() == "canonical":
        return attributes.get("href")
    return attributes.get("content") if attributes.get("property", "").casefold() == "og:url" else None


def _unwrapped(block: str) -> str:
    """A block without the comment or CDATA marks around it."""
    block = _AROUND_BLOCK.sub("", block.strip()).strip()
    while end := next((mark for mark in _AFTER_BLOCK if block.endswith(mark)), None):
        block = block.removesuffix(end).rstrip()
    return block


def _json_values(text: str) -> Iterator[JsonValue]:
    """The JSON of a text, with the usual mistakes; or, where that fails, of each of its lines."""
    text = text.lstrip("\ufeff")
    try:
        value = _parsed(text)
    except RecursionError:
        reason = "nested too deeply to be read"
    except ValueError as error:
        reason = f"no JSON ({getattr(error, 'msg', 'broken')}, line {getattr(error, 'lineno', 1)})"
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip()[:1] == "{" and line.rstrip()[-1:] == "}" for line in lines[:2]):
            for line in lines:
                yield from _json_values(line)
            return
    else:
        yield value
        return
    yield UnusableRecord(text[:_QUOTED_CHARACTERS], "(json-ld)", f"{reason}; {_REMEDY}")


def _parsed(text: str) -> JsonValue:
    try:
        return _loads(text)
    except ValueError as error:
        first = error
    repaired = _TRAILING_COMMA.sub(lambda found: "" if found[0] == "," else found[0], text)
    for attempt in (repaired, html.unescape(repaired) if "&quot;" in repaired else repaired):
        try:
            return _loads(attempt)
        except ValueError:
            continue
    raise first


def _loads(text: str) -> JsonValue:
    # Not strict: line breaks inside strings are the most frequent mistake of all.
    value: JsonValue = json.loads(text, strict=False, parse_int=parse_integer)
    return value


def _postings_in(value: JsonValue, by_id: dict[str, JsonObject]) -> list[JsonObject | UnusableRecord]:
    """The JobPosting objects of a value, wherever they are (`@graph`, lists, `mainEntity`), in their order."""
    found: list[JsonObject | UnusableRecord] = []
    waiting = [value]
    while waiting and len(found) <= MAX_POSTINGS:
        node = waiting.pop()
        if isinstance(node, dict):
            if isinstance(node.get("@id"), str) and len(node) > 1:
                by_id.setdefault(node["@id"], node)
            if is_posting(node):
                found.append(node)
            waiting += reversed(list(node.values()))
        elif isinstance(node, list):
            waiting += reversed(node)
    return found
