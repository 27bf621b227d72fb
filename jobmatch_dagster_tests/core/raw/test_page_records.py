"""Every form in which the API has sent a page."""

import json
from typing import Any

import pytest

from jobmatch_dagster.core.raw.page_records import PageError, UnreadableRecord, expired_ids, parse_page


@pytest.mark.parametrize(
    "body", [b'[{"id": 1}]', b'{"data": [{"id": 1}]}', b'{"jobs": [{"id": 1}]}', b'\xef\xbb\xbf[{"id": 1}]']
)
def test_a_page_is_read_in_every_form(body: bytes) -> None:
    assert parse_page(body) == [{"id": 1}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b" <html>", "an HTML page"), (b"", "empty"), (b"[{", "incomplete JSON"), (b"7", "JSON of type int"),
        (b'{"message": "no"}', "JSON of type dict"), (b"[" * 100_000, "nested too deeply"),
    ],
)  # fmt: skip
def test_a_body_without_records_is_named(body: bytes, reason: str) -> None:
    with pytest.raises(PageError, match=reason):
        parse_page(body)


def test_a_record_that_is_nested_too_deeply_costs_no_other() -> None:
    deep = b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    first, second, third = parse_page(b'[{"a": ",["}, ' + deep + b', {"id": 2}]')
    assert (first, third) == ({"a": ",["}, {"id": 2})
    assert isinstance(second, UnreadableRecord)
    assert len(second) == 500


def test_an_integer_of_any_length_is_read() -> None:
    assert parse_page(b'[{"id": 12, "n": ' + b"9" * 5_000 + b"}]") == [{"id": 12, "n": float("inf")}]


@pytest.mark.parametrize(
    "shape", [lambda i: i, int, lambda i: {"id": i}, lambda i: {"id": int(i)}, lambda i: f" {i}\n"]
)
def test_expired_ids_are_read_in_every_form(shape: Any) -> None:
    assert expired_ids(json.dumps([shape("17"), None, True, {"no": 1}, shape("4")]).encode()) == ["17", "4"]
