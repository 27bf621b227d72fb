"""PDF, read with pdfminer.six in the order in which a person reads the page."""

import io
import re
from collections.abc import Iterable, Iterator

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LAParams, LTItem, LTTextLine
from pdfminer.pdfdocument import PDFDocument, PDFEncryptionError, PDFPasswordIncorrect
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser

from jobmatch_dagster.core.profiles import document_limits as limits
from jobmatch_dagster.core.profiles.document_formats.pdf_layout import PlacedLine, reading_order
from jobmatch_dagster.core.profiles.document_limits import UnreadableDocument, bounded

_ENCRYPTED = "encrypted: save it without a password"
# What pdfminer writes for a glyph without a known character; inside a word it is often a ligature, which
# `document_text.py` restores.
_UNKNOWN_GLYPH = re.compile(r"\(cid:\d+\)")


def read_pdf(content: bytes) -> str:
    """Text of a PDF page by page, one column after the other.

    Raises:
        UnreadableDocument: if it is encrypted, has too many pages, or is broken.
    """
    try:
        return "\n".join(bounded(_lines(content)))
    except (UnreadableDocument, MemoryError):
        raise
    except (PDFPasswordIncorrect, PDFEncryptionError) as error:
        raise UnreadableDocument(_ENCRYPTED) from error
    except Exception as error:  # a hostile file may fail in any way
        raise UnreadableDocument("broken: the PDF cannot be read, export it again") from error


def _lines(content: bytes) -> Iterator[str]:
    document = PDFDocument(PDFParser(io.BytesIO(content)))
    resources = PDFResourceManager()
    # Lines are not grouped into boxes: that takes quadratic time, and `columns.py` orders them.
    device = PDFPageAggregator(resources, laparams=LAParams(boxes_flow=None))
    interpreter = PDFPageInterpreter(resources, device)
    for number, page in enumerate(PDFPage.create_pages(document)):
        if number == limits.MAX_PAGES:
            raise UnreadableDocument(f"more than {limits.MAX_PAGES} pages: no CV has so many")
        interpreter.process_page(page)
        yield from reading_order(list(_placed(device.get_result())))


def _placed(container: Iterable[LTItem]) -> Iterator[PlacedLine]:
    for element in container:
        if isinstance(element, LTTextLine):
            if text := _UNKNOWN_GLYPH.sub("\0", element.get_text()).strip(" \0\n\t"):
                yield PlacedLine(text, element.x0, element.x1, element.y0, element.y1)
        elif isinstance(element, Iterable):
            yield from _placed(element)
