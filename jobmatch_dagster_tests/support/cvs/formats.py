"""One CV in every file format and layout in which people write one.

Files that no person would send are in `hostile.py`.
"""

import io
import zipfile
from collections.abc import Iterator, Sequence

from jobmatch_dagster_tests.support.cvs.written import Section, WrittenCv


def every_format(cv: WrittenCv) -> Iterator[tuple[str, str, bytes]]:
    """(layout, file name, content): the same CV as a person's tools would write it."""
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
