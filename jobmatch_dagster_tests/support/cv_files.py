"""CV files made for tests: one CV in every format and layout, and a corpus of hostile files."""

import base64
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES

Section = tuple[str, Sequence[str]]


@dataclass(frozen=True)
class WrittenCv:
    """A CV as its parts: the head, and the sections of the narrow and of the wide column."""

    head: Sequence[str]
    narrow: Sequence[Section]
    wide: Sequence[Section]

    @property
    def lines(self) -> list[str]:
        """The CV in one column."""
        return [*self.head, *(line for section in (*self.wide, *self.narrow) for line in ("", *_flat(section)))]


ENGLISH = WrittenCv(
    head=("Ben Example", "Senior Backend Developer"),
    narrow=(
        ("Skills", ("Python, Django, Go", "C, C++, C#, .NET, R", "PostgreSQL, Docker, REST APIs")),
        ("Languages", ("German, English",)),
    ),
    wide=(
        (
            "Work experience",
            (
                "03/2021 - 10/2026 Senior Backend Developer, Kranich Digital GmbH",
                "Services in Python and Django on Kubernetes",
                "01/2018 - 06/2021 Developer, Lindenhof Software AG",
                "Reports in R, tests with Selenium",
            ),
        ),
        ("Education", ("Bachelor of Science, 2014 - 2017",)),
    ),
)
GERMAN = WrittenCv(
    head=("Ada Beispiel", "Softwareentwicklerin"),
    narrow=(
        ("Kenntnisse", ("Java, Spring Boot, SQL", "C, C++, Go, R", "Docker, Git, Jenkins")),
        ("Sprachen", ("Deutsch, Englisch",)),
    ),
    wide=(
        (
            "Berufserfahrung",
            (
                "März 2022 - heute Softwareentwicklerin, Talheim Systeme GmbH",
                "Entwicklung von Diensten mit Java und Spring Boot",
                "Oktober 2018 - Dezember 2021 Entwicklerin, Steinbach IT GmbH",
                "Datenbanken mit SQL und Python",
            ),
        ),
        ("Ausbildung", ("Bachelor of Science Informatik, 2015 - 2018",)),
    ),
)


def every_format(cv: WrittenCv) -> Iterator[tuple[str, str, bytes]]:
    """(what it is, file name, content): the same CV as a person's tools would write it."""
    text = "\n".join(cv.lines)
    yield "text", "cv.txt", text.encode()
    yield "text in UTF-16", "cv.txt", text.encode("utf-16")
    yield "text in cp1252", "cv.txt", text.encode("cp1252")
    yield "Markdown", "cv.md", "\n".join(_markdown(cv)).encode()
    yield "HTML", "cv.html", _html(cv).encode()
    yield "HTML with columns", "cv.html", _html(cv, columns=True).encode()
    yield "PDF", "cv.pdf", pdf(_placed(cv.lines, left=50, top=800))
    yield "PDF, dates in a column", "cv.pdf", pdf(_date_column(cv))
    yield "PDF, two columns, one after the other", "cv.pdf", pdf(_two_columns(cv, by_row=False))
    yield "PDF, two columns, row by row", "cv.pdf", pdf(_two_columns(cv, by_row=True))
    yield "PDF, wide column left", "cv.pdf", pdf(_two_columns(cv, by_row=True, narrow_left=False))
    yield "DOCX", "cv.docx", docx("".join(_paragraph(line) for line in cv.lines))
    yield "DOCX, layout table", "cv.docx", docx(_layout_table(cv))
    yield "DOCX, rows of a table", "cv.docx", docx(_row_table(cv))
    yield "DOCX, text boxes", "cv.docx", docx(_text_boxes(cv))


def pdf(placed: Sequence[tuple[float, float, str]], *, extra: bytes = b"") -> bytes:
    """A page of lines in Helvetica, each at its place (left, baseline)."""
    shown = "\n".join(f"1 0 0 1 {left} {base} Tm ({_escaped(line)}) Tj" for left, base, line in placed)
    return pdf_of([b"BT /F1 9 Tf\n" + shown.encode("cp1252") + b"\nET"], extra=extra)


def pdf_of(
    contents: Sequence[bytes], *, filters: bytes = b"", extra: bytes = b"", pages: int = 1, trailer: bytes = b""
) -> bytes:
    """A PDF whose pages share these content streams; `extra` is put into the page."""
    streams = [b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), filters, content) for content in contents]
    first_page = 4 + len(streams)
    references = b" ".join(b"%d 0 R" % (4 + n) for n in range(len(streams)))
    page = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [%s] "
        b"/Resources << /Font << /F1 3 0 R >> >> %s >>" % (references, extra)
    )
    kids = b" ".join(b"%d 0 R" % (first_page + n) for n in range(pages))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, pages),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        *streams,
        *[page] * pages,
    ]
    file, places = io.BytesIO(), []
    file.write(b"%PDF-1.5\n")
    for number, body in enumerate(objects, start=1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    file.write(b"trailer << /Size %d /Root 1 0 R %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, table))
    return file.getvalue()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def docx(body: str, **members: bytes) -> bytes:
    """A Word document with this body (WordprocessingML)."""
    document = (
        f'<?xml version="1.0"?><w:document xmlns:w="{_WORD}" xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": document.encode(), **members})


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def hostile_files() -> dict[str, bytes]:
    """File names with contents that are broken, blown up, encrypted, or no CV at all."""
    text = "\n".join(ENGLISH.lines)
    good_pdf, good_docx = pdf(_placed(ENGLISH.lines, left=50, top=800)), docx(_row_table(ENGLISH))
    return {
        **_truncated("cut.pdf", good_pdf, 16),
        **_truncated("cut.docx", good_docx, 16),
        **_hostile_pdfs(),
        **_hostile_archives(good_docx),
        **_hostile_texts(text),
        # The right content under a name that lies, or that no file system should have to bear.
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
    """So many times this content, deflated without ever holding it whole."""
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


def _flat(section: Section) -> list[str]:
    return [section[0], *section[1]]


def _placed(lines: Sequence[str], *, left: float, top: float) -> list[tuple[float, float, str]]:
    return [(left, top - 14 * n, line) for n, line in enumerate(lines) if line]


def _two_columns(cv: WrittenCv, *, by_row: bool, narrow_left: bool = True) -> list[tuple[float, float, str]]:
    columns = [[line for section in side for line in (*_flat(section), "")] for side in (cv.narrow, cv.wide)]
    edges = (40, 220) if narrow_left else (400, 40)
    placed = [
        place
        for edge, lines in zip(edges, columns, strict=True)
        for place in _placed(lines, left=edge, top=740)
    ]  # fmt: skip
    if by_row:
        placed.sort(key=lambda place: (-place[1], place[0]))
    return [*_placed(cv.head, left=40, top=800), *placed]


def _date_column(cv: WrittenCv) -> list[tuple[float, float, str]]:
    """Dates in a column of their own, beside the jobs."""
    placed = []
    for n, line in enumerate(cv.lines):
        words = line.split()
        until = next((i for i in (6, 5, 4, 3) if len(words) > i and _is_end(words[:i])), 0)
        base = 800 - 14 * n
        placed += (
            [(50, base, " ".join(words[:until])), (180, base, " ".join(words[until:]))]
            if until
            else [(180 if line not in _headings(cv) else 50, base, line)]
        )
    return [place for place in placed if place[2]]


def _is_end(words: Sequence[str]) -> bool:
    return "-" in words and words.index("-") < len(words) - 1 and (words[-1][-4:].isdigit() or words[-1] == "heute")


def _headings(cv: WrittenCv) -> set[str]:
    return {heading for heading, _ in (*cv.narrow, *cv.wide)} | set(cv.head)


def _escaped(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _markdown(cv: WrittenCv) -> Iterator[str]:
    yield from (f"# {line}" for line in cv.head)
    for heading, lines in (*cv.wide, *cv.narrow):
        yield from ("", f"## {heading}", "", *(f"- {line}" for line in lines))


def _html(cv: WrittenCv, *, columns: bool = False) -> str:
    def block(sections: Sequence[Section]) -> str:
        return "".join(
            f"<h2>{heading}</h2><ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" for heading, lines in sections
        )

    head = "".join(f"<h1>{line}</h1>" for line in cv.head)
    if columns:
        body = f"<table><tr><td>{block(cv.narrow)}</td><td>{block(cv.wide)}</td></tr></table>"
    else:
        body = block(cv.wide) + block(cv.narrow)
    return f"<!DOCTYPE html><html><head><script>alert(1)</script></head><body>{head}{body}</body></html>"


def _paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def _layout_table(cv: WrittenCv) -> str:
    cells = "".join(
        f"<w:tc>{''.join(_paragraph(line) for section in side for line in _flat(section))}</w:tc>"
        for side in (cv.narrow, cv.wide)
    )
    return "".join(map(_paragraph, cv.head)) + f"<w:tbl><w:tr>{cells}</w:tr></w:tbl>"


def _row_table(cv: WrittenCv) -> str:
    """A table with a row for each line: dates in the first cell, the rest in the second."""
    rows = []
    for line in cv.lines:
        words = line.split()
        until = next((i for i in (6, 5, 4, 3) if len(words) > i and _is_end(words[:i])), 0)
        cells = [" ".join(words[:until]), " ".join(words[until:])] if until else [line]
        rows.append("<w:tr>" + "".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in cells) + "</w:tr>")
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def _text_boxes(cv: WrittenCv) -> str:
    boxes = "".join(
        "<w:p><w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
        + "".join(map(_paragraph, _flat(section)))
        + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r></w:p>"
        for section in cv.narrow
    )
    return (
        "".join(map(_paragraph, cv.head))
        + boxes
        + "".join(_paragraph(line) for section in cv.wide for line in _flat(section))
    )
