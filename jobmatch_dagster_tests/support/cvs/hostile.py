"""Hostile CV files: broken, blown up, encrypted, nested without end, or no CV at all.

The reader must answer each of them with a text or a reason, in time and within its memory.
"""

import base64
import json
import struct
import zlib
from collections.abc import Iterator

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES
from jobmatch_dagster_tests.support.cvs.formats import docx, every_format, pdf_of, zipped
from jobmatch_dagster_tests.support.cvs.written import ENGLISH


def hostile_files() -> dict[str, bytes]:
    """File names with contents that are broken, blown up, encrypted, or no CV at all."""
    good = {layout: content for layout, _, content in every_format(ENGLISH)}
    good_pdf, good_docx = good["PDF"], good["DOCX, rows of a table"]
    return {
        **_truncated("cut.pdf", good_pdf, 16),
        **_truncated("cut.docx", good_docx, 16),
        **_hostile_pdfs(),
        **_hostile_archives(good_docx),
        **_hostile_texts("\n".join(ENGLISH.lines)),
        # The right content under a wrong name, and names that no file system should meet.
        "really-a-pdf.docx": good_pdf,
        "really-a-docx.pdf": good_docx,
        "../../etc/passwd.pdf": good_pdf[:300],
        "new\nline\x1b[31m.pdf": good_pdf[:200],
        "x" * 240 + ".txt": b"\x00\x01\x02" * 500,
        "..\\..\\windows\\system.docx": good_docx[:100],
        "\u202efdp.exe": b"MZ" + bytes(2_000),
    }


def _hostile_pdfs() -> dict[str, bytes]:
    page = b"BT /F1 9 Tf 1 0 0 1 50 700 Tm (Ben Example has written Python and Go for many years) Tj ET"
    length = b"/Length %d" % len(page)
    thousand = b"BT /F1 9 Tf 50 700 Td " + b"(all work and no play) Tj 0 -1 Td " * 150_000 + b"ET"
    encrypted = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O <%s> /U <%s> /P -4 >> /ID [<00><00>]"
    deep = b"[" * 100_000 + b"]" * 100_000
    image = (
        b"/Annots [] /Group << /S /Transparency >> >> endobj 99 0 obj << /Type /XObject /Subtype /Image "
        b"/Width 60000 /Height 60000 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Length 0 "
    )
    return {
        "not-a-pdf.pdf": b"%PDF-1.7 nothing of the kind",
        "encrypted.pdf": pdf_of([page], trailer=encrypted % (b"41" * 32, b"42" * 32)),
        "encrypted-unknown.pdf": pdf_of([page], trailer=b"/Encrypt << /Filter /Secret /V 9 /R 9 >> /ID [<00><00>]"),
        "scan.pdf": pdf_of([b"q 595 0 0 842 0 0 cm /Im1 Do Q"]),
        "pages-10000.pdf": pdf_of([page], pages=10_000),
        "flate-bomb.pdf": pdf_of([_deflated(bytes(1_000_000), times=700)], filters=b"/Filter /FlateDecode"),
        "nested-flate.pdf": pdf_of(
            [_deflated(_deflated(b"(a) Tj " * 100_000, times=1_000))], filters=b"/Filter [/FlateDecode /FlateDecode]"
        ),
        "filters-1000.pdf": pdf_of([page], filters=b"/Filter [" + b"/ASCIIHexDecode " * 1_000 + b"]"),
        "operators.pdf": pdf_of([thousand]),
        "deep-array.pdf": pdf_of([deep]),
        "deep-dictionary.pdf": pdf_of([page], extra=b"/A " + b"<< /A " * 50_000 + b"1" + b" >>" * 50_000),
        "page-loop.pdf": pdf_of([page]).replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]"),
        "parent-loop.pdf": pdf_of([page]).replace(b"/Parent 2 0 R", b"/Parent 5 0 R"),
        "xref-loop.pdf": pdf_of([page], trailer=b"/Prev 9"),
        "object-loop.pdf": pdf_of([page]).replace(length, b"/Length 4 0 R"),
        "negative-length.pdf": pdf_of([page]).replace(length, b"/Length -9"),
        "huge-image.pdf": pdf_of([b"q 595 0 0 842 0 0 cm /Im1 Do Q"], extra=image),
        "huge-page.pdf": pdf_of([page]).replace(b"[0 0 595 842]", b"[0 0 1e38 1e38]"),
        "nan-matrix.pdf": pdf_of([b"BT /F1 9 Tf 1e400 0 0 -1e400 1e308 1e308 Tm (a b c d e f) Tj ET"]),
        "only-signs.pdf": pdf_of([b"BT /F1 9 Tf (\001\002\003\004) Tj ET"]),
    }


def _hostile_archives(good: bytes) -> dict[str, bytes]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    entities = f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a>&l9;</a>'
    outside = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    remote = '<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a>&x;</a>'
    deep = "<w:p>" * 100_000 + "</w:p>" * 100_000
    encrypted = bytearray(good)
    for place in _places(good, b"PK\x01\x02"):
        encrypted[place + 8] |= 1
    return {
        "bomb.docx": zipped({"word/document.xml": b" " * 200_000_000}),
        "bomb-in-parts.docx": zipped({f"word/media/{n}.bin": bytes(9_000_000) for n in range(30)}),
        "bomb-nested.docx": zipped({"word/document.xml": zipped({"a": bytes(50_000_000)})}),
        "lying-size.docx": _lying_size(zipped({"word/document.xml": b" " * 40_000_000})),
        "many-members.docx": zipped({f"word/{n}": b"" for n in range(20_000)}),
        "entities.docx": zipped({"word/document.xml": entities.encode()}),
        "outside-entity.docx": zipped({"word/document.xml": outside.encode()}),
        "remote-dtd.docx": zipped({"word/document.xml": remote.encode()}),
        "deep.docx": docx(deep),
        "no-word.docx": zipped({"other.txt": b"nothing"}),
        "a-spreadsheet.xlsx": zipped({"xl/workbook.xml": b"<a/>"}),
        "climbing.docx": zipped({"../../word/document.xml": b"<a/>", "/etc/passwd": b"x"}),
        "no-xml.docx": zipped({"word/document.xml": b"\x00\xff" * 1_000}),
        "encrypted.docx": bytes(encrypted),
        "encrypted-office.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4_000),
        "damaged.docx": good[:200] + bytes(60) + good[260:],
        "directory-only.docx": good[good.index(b"PK\x01\x02") :],
    }


def _hostile_texts(text: str) -> dict[str, bytes]:
    return {
        "empty.txt": b"",
        "blank.txt": b" \n\t " * 1_000,
        "zeros.txt": bytes(10_000),
        "large.txt": b"a" * (MAX_BYTES + 1),
        "long.txt": b"word " * 1_000_000,
        "one-line.txt": b"(" * 5_000_000,
        "noise.txt": base64.b85encode(bytes(range(256)) * 20).translate(None, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"),
        "binary.txt": bytes(range(256)) * 50,
        "picture.pdf": b"\x89PNG\r\n\x1a\n" + struct.pack(">II", 60_000, 60_000) + bytes(500),
        "photo.txt": b"\xff\xd8\xff" + bytes(3_000),
        "rich.rtf": b"{\\rtf1 " + text.encode() + b"}",
        "no-resume.json": b'{"a": 1}',
        "cut.json": json.dumps({"basics": {"name": "Ada"}, "work": [{"name": text}]}).encode()[:200],
        "deep.json": b"[" * 2_000_000,
        "deep-object.json": b'{"basics":' * 200_000,
        "numbers.json": b'{"basics": {"name": ' + b"9" * 5_000_000 + b"}}",
        "wrong-types.json": b'{"basics": [1], "work": {"a": 2}, "skills": "no", "education": 7}',
        "deep.html": b"<div>" * 300_000,
        "attributes.html": b"<html><p " + b'a="b" ' * 1_000_000,
        "comment.html": b"<!--" + b"-" * 3_000_000,
        "entities.html": b"<html>" + b"&#x1F600;" * 1_000_000,
        "plain.xml": b'<?xml version="1.0"?><a>text of some other kind, nothing of a person</a>',
    }


def _truncated(name: str, content: bytes, pieces: int) -> dict[str, bytes]:
    stem, ending = name.split(".")
    return {f"{stem}-{n:02}.{ending}": content[: len(content) * n // pieces] for n in range(1, pieces)}


def _deflated(content: bytes, *, times: int = 1) -> bytes:
    """So many times this content, deflated piece by piece: the whole would not fit the memory."""
    packer = zlib.compressobj(1)
    return b"".join([*(packer.compress(content) for _ in range(times)), packer.flush()])


def _places(content: bytes, mark: bytes) -> Iterator[int]:
    place = content.find(mark)
    while place >= 0:
        yield place
        place = content.find(mark, place + 1)


def _lying_size(archive: bytes) -> bytes:
    """The archive with a directory that declares ten bytes for every member."""
    lying = bytearray(archive)
    for place in _places(archive, b"PK\x01\x02"):
        lying[place + 24 : place + 28] = struct.pack("<I", 10)
    return bytes(lying)
