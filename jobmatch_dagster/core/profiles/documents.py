"""Plain text from a CV file: recognises the kind of file and calls its reader in `document_formats/`.

Files may be hostile: call this in a child process (`resources/document_reader.py`).
"""

import io
import re
import zipfile
from pathlib import PurePosixPath

from jobmatch_dagster.core.profiles import document_limits as limits
from jobmatch_dagster.core.profiles.document_formats.html import read_html
from jobmatch_dagster.core.profiles.document_formats.json_resume import read_json_resume
from jobmatch_dagster.core.profiles.document_limits import UnreadableDocument
from jobmatch_dagster.core.profiles.document_text import decode_text, plain_text

__all__ = ["CV_SUFFIXES", "UnreadableDocument", "read_document"]

_IMAGE = "an image: a CV must contain text, save it as PDF or DOCX"
_FOREIGN_KINDS = (
    (b"\xd0\xcf\x11\xe0", "a password-protected or old Word file (.doc): save it without a password as DOCX or PDF"),
    (b"{\\rtf", "an RTF file: save it as DOCX or PDF"),
    (b"\x89PNG", _IMAGE),
    (b"\xff\xd8\xff", _IMAGE),
    (b"GIF8", _IMAGE),
)
_NOT_A_CV_KIND = "not a kind of file that a CV comes in: hand in PDF, DOCX, HTML, text, Markdown or JSON Resume"
_HTML_START = re.compile(
    r"\s*+(?:<\?xml[^>]*>\s*+)?(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+"
    r"<(?:!doctype html|html|head|body|meta|title|style|div|section|main|article|header|h1|p|table)\b",
    re.IGNORECASE,
)
_HTML_SUFFIXES = frozenset({".html", ".htm", ".xhtml"})
# Extensions of files that may be a CV, for those who look through a folder.
CV_SUFFIXES = frozenset({".pdf", ".docx", ".txt", ".md", ".markdown", ".json"}) | _HTML_SUFFIXES
_WORD = re.compile(r"[^\W\d_]{2,}")
# A file with fewer words is a scan with a stamp, a heading or an empty form.
_MIN_WORDS = 5


def read_document(file_name: str, content: bytes) -> str:
    """The text of a CV file as clean lines without markup.

    The content decides what kind of file it is. The extension counts only for plain text.

    Raises:
        UnreadableDocument: empty, encrypted, scanned, too large, broken, or not a kind of file that a CV comes in.
    """
    if not content.strip(b"\0 \t\r\n"):
        raise UnreadableDocument("the file is empty")
    if len(content) > limits.MAX_BYTES:
        raise UnreadableDocument(f"the file is larger than {limits.MAX_BYTES // limits.MIB} MiB")
    text = plain_text(_extract(file_name, content))
    if len(text) > limits.MAX_CHARACTERS:
        raise UnreadableDocument(f"the text is longer than {limits.MAX_CHARACTERS:,} characters: no CV is")
    if len(_WORD.findall(text)) < _MIN_WORDS:
        raise UnreadableDocument(
            "no text in it, perhaps only scans or images: hand in a file whose text can be selected"
        )
    return text


def _extract(file_name: str, content: bytes) -> str:
    """The raw text. The libraries for PDF and DOCX are imported only when they are needed."""
    if b"%PDF-" in content[:1024]:
        from jobmatch_dagster.core.profiles.document_formats.pdf import read_pdf

        return read_pdf(content)
    if content.startswith(b"PK\x03\x04"):
        archive = _checked_archive(content)
        from jobmatch_dagster.core.profiles.document_formats.docx import read_docx

        return read_docx(archive)
    for magic, what in _FOREIGN_KINDS:
        if content.startswith(magic):
            raise UnreadableDocument(what)
    text = decode_text(content)
    if text is None:
        raise UnreadableDocument(_NOT_A_CV_KIND)
    suffix = PurePosixPath(file_name.replace("\\", "/")).suffix.lower()
    start = text.lstrip()[:10]
    if start.startswith("{") or (start.startswith("[") and suffix == ".json"):
        return read_json_resume(text)
    if _HTML_START.match(text) or (suffix in _HTML_SUFFIXES and "</" in text):
        return read_html(text)
    if start.startswith(("<?xml", "<!DOCTYPE", "<!ENTITY")):
        raise UnreadableDocument(_NOT_A_CV_KIND)
    return text


def _checked_archive(content: bytes) -> zipfile.ZipFile:
    """The zip file, if the sizes in its directory are harmless. Nothing is unpacked before."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except Exception as error:  # a hostile file may fail in any way
        raise UnreadableDocument("broken: an archive whose directory cannot be read") from error
    entries = archive.infolist()
    too_large = (
        len(entries) > limits.MAX_ZIP_ENTRIES
        or sum(entry.file_size for entry in entries) > limits.MAX_ZIP_TOTAL_BYTES
        or any(entry.file_size > limits.MAX_ZIP_ENTRY_BYTES for entry in entries)
    )
    if too_large or any(map(_is_blown_up, entries)):
        raise UnreadableDocument("a zip bomb: its declared unpacked size is far too large")
    if any(entry.flag_bits & 1 for entry in entries):
        raise UnreadableDocument("encrypted: save it without a password")
    if not any(entry.filename.startswith("word/") for entry in entries):
        raise UnreadableDocument(_NOT_A_CV_KIND)
    return archive


def _is_blown_up(entry: zipfile.ZipInfo) -> bool:
    return (
        entry.file_size >= limits.ZIP_RATIO_FROM_BYTES
        and entry.file_size > limits.MAX_ZIP_RATIO * max(entry.compress_size, 1)
    )  # fmt: skip
