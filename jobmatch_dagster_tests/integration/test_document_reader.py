"""CV files of every kind, good and hostile: text or a reason, never an error."""

import io
import json
import zipfile

import pytest

from jobmatch_dagster.core.document_limits import MAX_BYTES
from jobmatch_dagster.demo.cvs import _docx, _pdf
from jobmatch_dagster.resources.document_reader import read_in_child, read_many_in_child

_TEXT = "Ada Example\nNurse\nWork experience\n03/2018 - 10/2026 Nurse, Lindenhof\nSkills: Nursing, Hygiene\n" * 2
_HTML = f"<html><head><script>alert(1)</script></head><body>{_TEXT.replace(chr(10), '<br>')}</body></html>"
_RESUME = {
    "basics": {"name": "Ada Example", "label": "Nurse"},
    "work": [{"name": "Lindenhof", "position": "Nurse", "startDate": "2018-03", "endDate": "2026-10"}],
    "skills": [{"name": "Care", "keywords": ["Nursing", "Hygiene"]}],
}


def _zip(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cv.txt", _TEXT.encode()), ("cv.md", _TEXT.encode()), ("cv.txt", _TEXT.encode("utf-16")),
        ("cv.html", _HTML.encode()), ("cv.docx", _docx(_TEXT)), ("cv.pdf", _pdf(_TEXT)),
        ("cv.json", json.dumps(_RESUME).encode()), ("wrong-ending.txt", _pdf(_TEXT)),
    ],
)  # fmt: skip
def test_every_readable_kind_gives_its_text(name: str, content: bytes) -> None:
    reading = read_in_child(name, content)
    assert reading.status == "read", reading.reason
    for word in ("Nurse", "Lindenhof", "Nursing", "Hygiene"):
        assert word in (reading.text or "")
    assert "alert" not in (reading.text or "")


_PDF, _DOCX = _pdf(_TEXT), _docx(_TEXT)
_HOSTILE = {
    "empty.txt": b"",
    "blank.txt": b" \n\t ",
    "zeros.txt": bytes(10_000),
    "picture.txt": b"\x89PNG\r\n\x1a\n" + bytes(500),
    "unknown.xyz": bytes(range(256)),
    "large.txt": b"a" * (MAX_BYTES + 1),
    **{f"cut-{n}.pdf": _PDF[: len(_PDF) * n // 8] for n in range(1, 6)},
    **{f"cut-{n}.docx": _DOCX[: len(_DOCX) * n // 8] for n in range(1, 8)},
    "scan.pdf": _pdf(""),
    "bomb.docx": _zip(**{"[Content_Types]_xml": b"<a/>", "word__document_xml": b" " * 200_000_000}),
    "entities.docx": _zip(
        **{
            "[Content_Types]_xml": b"<a/>",
            "word__document_xml": b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
        }
    ),
    "no-word.docx": _zip(other=b"nothing"),
    "no-resume.json": b'{"a": 1}',
    "deep.json": b"[" * 200_000,
    "deep.html": b"<div>" * 200_000,
}


@pytest.mark.parametrize("name", sorted(_HOSTILE))
def test_what_cannot_be_read_is_a_reason(name: str) -> None:
    reading = read_in_child(name, _HOSTILE[name], timeout_s=10)
    assert reading.status == "unreadable"
    assert reading.reason
    assert len(reading.reason) < 200
    assert "Example" not in reading.reason


def test_a_bad_file_costs_no_other() -> None:
    files = [("a.txt", _TEXT.encode()), ("bomb.docx", _HOSTILE["bomb.docx"]), ("b.txt", _TEXT.encode())]
    assert [reading.status for reading in read_many_in_child(files)] == ["read", "unreadable", "read"]
