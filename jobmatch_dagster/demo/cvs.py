"""CVs for the demo: five invented ones in five formats, or those of the user's own folder."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES
from jobmatch_dagster.core.profiles.documents import CV_SUFFIXES
from jobmatch_dagster.demo.errors import DemoInputError
from jobmatch_dagster.resources.document_reader import read_in_child

_LICENCES = ("license", "licence", "readme", "notice", "copying")


@dataclass(frozen=True)
class CvSource:
    """A CV, and the user key and suffix of its file in the inbox."""

    user_key: str
    suffix: str
    content: bytes


@dataclass(frozen=True)
class CvSources:
    """CVs, and the files or lines that are not CVs, each with the reason."""

    cvs: list[CvSource]
    skipped: list[tuple[str, str]]


def demo_cvs() -> list[CvSource]:
    """Five different people, as text, Markdown, HTML, DOCX and PDF."""
    folder = resources.files("jobmatch_dagster.demo") / "cv_texts"
    sources = []
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        key, suffix = entry.name.split(".", 1)
        content = entry.read_bytes()
        if suffix == "docx.txt":
            content = _docx(content.decode())
        elif suffix == "pdf.txt":
            content = _pdf(content.decode())
        sources.append(CvSource(key, "." + suffix.removesuffix(".txt") if suffix != "txt" else ".txt", content))
    return sources


def read_cv_sources(folder: Path) -> CvSources:
    """Read a user's folder: files of every readable kind, and `.jsonl` files with one CV a line.

    Raises:
        DemoInputError: if the folder does not exist, or contains no file that can be read as a CV.
    """
    if not folder.is_dir():
        raise DemoInputError(f"There is no folder {folder}: --cvs takes a folder with CVs.")
    found: dict[str, CvSource] = {}
    skipped: list[tuple[str, str]] = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        for name, source, reason in _sources(path):
            if source is None:
                skipped.append((name, reason))
            elif source.user_key in found:
                skipped.append((name, f"another CV already has the user key {source.user_key!r}"))
            else:
                found[source.user_key] = source
    if not found:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3]) or "it is empty"
        raise DemoInputError(
            f"No CV in {folder} ({reasons}). --cvs takes PDF, DOCX, TXT, Markdown, HTML or JSON Resume files, or "
            '.jsonl with a line such as {"text": "...", "user_key": "..."} for each CV.'
        )
    _require_one_readable(folder, list(found.values()))
    return CvSources(list(found.values()), skipped)


def _require_one_readable(folder: Path, sources: list[CvSource]) -> None:
    """Stop before anything starts when no file of the folder can be read."""
    reasons = []
    for source in sources:
        reading = read_in_child(f"{source.user_key}{source.suffix}", source.content)
        if reading.text is not None:
            return
        reasons.append(f"{source.user_key}{source.suffix}: {reading.reason}")
    raise DemoInputError(f"No CV in {folder} can be read ({'; '.join(reasons[:3])}).")


def _sources(path: Path) -> Iterator[tuple[str, CvSource | None, str]]:
    """(name, CV or None, reason why it is none) of one file."""
    if reason := _unlikely(path):
        yield path.name, None, reason
    elif path.suffix == ".jsonl":
        yield from _lines(path)
    else:
        yield path.name, CvSource(path.stem, path.suffix.lower(), path.read_bytes()), ""


def _unlikely(path: Path) -> str:
    if path.name.startswith("."):
        return "a hidden file"
    if path.suffix.lower() not in CV_SUFFIXES | {".jsonl"}:
        return f"files of type {path.suffix or '(none)'} are not read"
    if any(word in path.name.lower() for word in _LICENCES):
        return "a licence or readme, not a CV"
    size = path.stat().st_size
    if size == 0 or size > MAX_BYTES:
        return "empty" if size == 0 else f"{size:,} bytes; at most {MAX_BYTES:,} are read"
    if path.suffix.lower() == ".json" and not _is_json_resume(path.read_bytes()):
        return "JSON, but not a JSON Resume (an object with basics and work, education or skills)"
    return ""


def _is_json_resume(content: bytes) -> bool:
    try:
        data = json.loads(content)
    except ValueError:
        return False
    return (
        isinstance(data, dict)
        and isinstance(data.get("basics"), dict)
        and any(isinstance(data.get(part), list) for part in ("work", "education", "skills"))
    )


def _lines(path: Path) -> Iterator[tuple[str, CvSource | None, str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        name = f"{path.name}, line {number}"
        try:
            record = json.loads(line)
        except ValueError:
            yield name, None, "not JSON"
            continue
        text = record.get("text") if isinstance(record, dict) else None
        if not isinstance(text, str) or not text.strip():
            yield name, None, 'no "text"'
        else:
            key = str(record.get("user_key") or f"{path.stem}-{number}")
            yield name, CvSource(key, ".txt", text.encode()), ""


def _docx(text: str) -> bytes:
    from docx import Document

    document = Document()
    for line in text.splitlines():
        document.add_paragraph(line)
    written, stable = io.BytesIO(), io.BytesIO()
    document.save(written)
    # The archive contains the time of writing. Repacked without it, the same text gives the same file.
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(stable, "w") as target:
        for name in source.namelist():
            target.writestr(zipfile.ZipInfo(name), source.read(name))
    return stable.getvalue()


def _pdf(text: str) -> bytes:
    """A one-page PDF of plain lines in Helvetica."""
    lines = [_shorten(line) for line in text.splitlines()]
    shown = "".join(f"({line}) Tj T*\n" for line in lines)
    content = f"BT /F1 10 Tf 14 TL 50 790 Td\n{shown}ET".encode("cp1252", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 842 842] /Contents 5 0 R /Resources <</Font <</F1 4 0 R>> >> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    ]
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def _shorten(line: str) -> str:
    return line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
