"""PDF, read with pypdf."""

import io

import pypdf
from pypdf.errors import DependencyError

from jobmatch_dagster.core import document_limits as limits
from jobmatch_dagster.core.document_limits import UnreadableDocument, bounded


def read_pdf(content: bytes) -> str:
    """Text of a PDF, page by page, in the order in which it was written.

    Raises:
        UnreadableDocument: encrypted, too many pages, or broken.
    """
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableDocument("encrypted: save it without a password")
        if len(reader.pages) > limits.MAX_PAGES:
            raise UnreadableDocument(f"more than {limits.MAX_PAGES} pages: no CV has so many")
        return "\n".join(bounded(page.extract_text() for page in reader.pages))
    except (UnreadableDocument, MemoryError):
        raise
    except DependencyError as error:
        raise UnreadableDocument("encrypted: save it without a password") from error
    except Exception as error:  # the parser of a hostile file may fail in any way
        raise UnreadableDocument("broken: the PDF cannot be read, export it again") from error
