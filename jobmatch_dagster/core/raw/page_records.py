"""The records inside the body of a page, whatever its envelope."""

import json
import re

from jobmatch_dagster.core.json_values import JsonValue
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.errors import InputError

_ENVELOPES = ("data", "jobs")
# Enough of a record that is nested too deeply to see what it was.
_MAX_UNREADABLE_CHARACTERS = 500
_MAX_INTEGER_DIGITS = 100


class PageError(InputError):
    """A page that is not an array of records."""


class UnreadableRecord(str):
    """JSON of a record that is nested too deeply to be read, cut."""


class UnusableRecord(str):
    """What a document has in the place of a record, cut; no posting can be made of it.

    Attributes:
        field: what is wrong.
        reason: why, and what would be accepted.
    """

    field: str
    reason: str

    def __new__(cls, text: str, field: str, reason: str) -> "UnusableRecord":
        """A cut text with its reason."""
        made = super().__new__(cls, text)
        made.field, made.reason = field, reason
        return made


def parse_page(body: bytes) -> list[JsonValue]:
    """The records of a page: a bare array, or one wrapped as `{"data": [...]}` or `{"jobs": [...]}`.

    Raises:
        PageError: if the body is anything else.
    """
    return page_records(parse_body(body))


def parse_body(body: bytes) -> JsonValue:
    """The JSON of a body. In an array, records that are nested too deeply are `UnreadableRecord`.

    Raises:
        PageError: if the body is not JSON.
    """
    text = body.decode("utf-8-sig", errors="replace")
    try:
        return _loads(text)
    except RecursionError:
        return _elements(text)
    except ValueError:
        start = body.lstrip()[:1]
        kind = "an HTML page" if start == b"<" else "empty" if not start else "incomplete JSON"
        raise PageError(f"the body is {kind}, not an array of records") from None


def page_records(page: JsonValue) -> list[JsonValue]:
    """The records of a parsed body, see `parse_page`."""
    if isinstance(page, dict):
        page = next((page[key] for key in _ENVELOPES if isinstance(page.get(key), list)), page)
    if not isinstance(page, list):
        raise PageError(f"the body is JSON of type {type(page).__name__}, not an array of records")
    return page


def expired_ids(body: bytes) -> list[str]:
    """Ids of the expired feed, which sends strings, integers or objects with an `id`.

    Raises:
        PageError: if the body is not an array.
    """
    found = (item.get("id") if isinstance(item, dict) else item for item in parse_page(body))
    return [clean_line(str(item)) for item in found if isinstance(item, int | str) and not isinstance(item, bool)]


def _loads(text: str) -> JsonValue:
    value: JsonValue = json.loads(text, parse_int=parse_integer)
    return value


def parse_integer(digits: str) -> int | float:
    """Python refuses integers of over 4,300 digits. One of them must not make the page unreadable."""
    return int(digits) if len(digits) <= _MAX_INTEGER_DIGITS else float(digits)


def _elements(text: str) -> list[JsonValue]:
    """The elements of an array; those that are nested too deeply as `UnreadableRecord`.

    Raises:
        PageError: if the text is not a complete array.
    """
    elements: list[JsonValue] = []
    depth = start = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{},]', text):
        mark = token[0]
        if mark in "]}":
            depth -= 1
        if (depth == 1 and mark == ",") or (depth == 0 and mark == "]"):
            elements.append(_element(text[start : token.start()]))
        if depth == (1 if mark == "," else 0):
            start = token.end()
        if mark in "[{":
            depth += 1
    if depth or not text.lstrip().startswith("["):
        raise PageError("the body is nested too deeply to be read")
    return elements


def _element(text: str) -> JsonValue:
    try:
        return _loads(text)
    except (ValueError, RecursionError):
        return UnreadableRecord(text[:_MAX_UNREADABLE_CHARACTERS])
