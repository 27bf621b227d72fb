"""Word documents (DOCX): their main part, read with the XML parser of python-docx."""

import zipfile
from collections.abc import Iterator
from typing import Protocol

from docx.oxml import parse_xml

from jobmatch_dagster.core.profiles.document_limits import UnreadableDocument, bounded


class _Element(Protocol):
    """An XML element, as far as it is read. The tag of a comment is no string."""

    tag: object
    text: str | None

    def __iter__(self) -> "Iterator[_Element]": ...


_SKIPPED_PARTS = frozenset({"Fallback", "del", "moveFrom", "instrText", "sectPr"})


def read_docx(archive: zipfile.ZipFile) -> str:
    """Text of a Word document: paragraphs, table rows, content controls and text boxes, in document order.

    Only the main part is parsed, so that broken links, pictures and macros do not matter.

    Raises:
        UnreadableDocument: if the file has no Word document, or a broken one.
    """
    main = next((name for name in archive.namelist() if _is_main_part(name)), None)
    if main is None:
        raise UnreadableDocument("broken: the archive contains no Word document")
    try:
        return "\n".join(bounded(_docx_lines(parse_xml(archive.read(main)))))
    except (UnreadableDocument, MemoryError):
        raise
    except Exception as error:  # a hostile file may fail in any way
        raise UnreadableDocument("broken: the Word document cannot be read, save it again") from error


def _is_main_part(name: str) -> bool:
    stem = name.removeprefix("word/document").removesuffix(".xml")
    return name.startswith("word/document") and name.endswith(".xml") and (not stem or stem.isdigit())


def _local_name(element: _Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _docx_lines(element: _Element) -> Iterator[str]:
    """Lines of the blocks inside an element. A table row with one line in each cell becomes one line."""
    for child in element:
        name = _local_name(child)
        if name in _SKIPPED_PARTS:
            continue
        if name == "p":
            yield from _paragraph_lines(child)
        elif name == "tr":
            cells = [list(_docx_lines(cell)) for cell in child if _local_name(cell) in {"tc", "sdt"}]
            filled = [lines for cell in cells if (lines := [line for line in cell if line.strip()])]
            if all(len(lines) == 1 for lines in filled):
                yield " | ".join(lines[0] for lines in filled)
            else:
                yield from (line for lines in filled for line in lines)
        else:
            yield from _docx_lines(child)


def _paragraph_lines(paragraph: _Element) -> Iterator[str]:
    """The paragraph's own text, then the text boxes anchored in it."""
    own: list[str] = []
    boxes: list[str] = []
    _collect(paragraph, own, boxes)
    yield "".join(own)
    yield from boxes


def _collect(element: _Element, own: list[str], boxes: list[str]) -> None:
    for child in element:
        name = _local_name(child)
        if name == "txbxContent":
            boxes.extend(_docx_lines(child))
        elif name == "t":
            own.append(child.text or "")
        elif name in {"tab", "ptab"}:
            own.append("\t")
        elif name in {"br", "cr"}:
            own.append("\n")
        elif name == "noBreakHyphen":
            own.append("-")
        elif name == "numPr":
            own.append("• ")
        elif name == "r" and any(_local_name(mark) == "vanish" for properties in child for mark in properties):
            continue  # hidden text is not part of the CV
        elif name not in _SKIPPED_PARTS:
            _collect(child, own, boxes)
