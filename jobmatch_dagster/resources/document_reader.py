"""The reader of CV files: a child process with limits on memory, processor time and wall time.

A hostile file can end the child; the parent gets a verdict on the file and continues. Belongs here: the limits. Formats
of files are in `core/profiles/documents.py`, and a text becomes a profile in `core/profiles/profile.py`.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Literal

from jobmatch_dagster.core.profiles.document_limits import MAX_BYTES, MIB, UnreadableDocument
from jobmatch_dagster.core.profiles.documents import read_document
from jobmatch_dagster.core.profiles.profile import Profile, extract_profile
from jobmatch_dagster.core.vocabulary.skill_table import esco_files, use_esco

MEMORY_BYTES = 512 * MIB
TIMEOUT_SECONDS = 20
# Limits of what one child gets; the next child reads the rest.
_BATCH_DOCUMENTS = 100
_BATCH_BYTES = 2 * MAX_BYTES
_START_SECONDS = 10
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
# The child's environment, without any key or password. Threads would only use up its address space.
_ENVIRONMENT = {"PYTHONPATH": os.fspath(_PACKAGE_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1"}
# Read before the limits apply: it loads word lists and the language model, which unpacks itself to a file.
_WARM_UP = "Work experience\n01/2020 - 02/2021 Developer\nSkills\nPython, and words that make a sentence of it all"
# The child's first line. A failure before it says nothing about a file.
_READY = b"ready\n"
# Audit events (sys.addaudithook) that reading a document never needs.
_FORBIDDEN = (
    "os.",
    "socket.",
    "subprocess.",
    "urllib.",
    "ctypes.",
    "sqlite3.",
    "shutil.",
    "tempfile.",
    "pty.",
    "syslog.",
)
# A late import lists folders.
_LISTINGS = ("os.listdir", "os.scandir")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Folders of modules and word lists that are loaded late.
_OWN_FOLDERS = tuple(
    f"{os.path.realpath(folder)}{os.sep}"
    for folder in (
        *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
        os.fspath(_PACKAGE_ROOT / "jobmatch_dagster"),
    )
    if folder
)
_TIMEOUT_SIGNALS = frozenset({signal.SIGALRM, signal.SIGXCPU})


@dataclass(frozen=True)
class ReadResult:
    """Result for one file: `text` if it was read, else `reason`; `profile` if it was requested."""

    status: Literal["read", "unreadable"]
    text: str | None = None
    reason: str | None = None
    profile: Profile | None = None


def read_in_child(file_name: str, content: bytes, *, today: date | None = None) -> ReadResult:
    """Read one CV file in a child process. No content of a file raises."""
    return read_many_in_child([(file_name, content)], today=today)[0]


def read_many_in_child(
    files: Sequence[tuple[str, bytes]],
    *,
    today: date | None = None,
    timeout_s: int = TIMEOUT_SECONDS,
    memory_bytes: int = MEMORY_BYTES,
) -> list[ReadResult]:
    """Read CV files (name, content); returns one result for each, in order.

    A file that ends the child gets a verdict, and a new child continues after it. `timeout_s` is for each file. With
    `today` the child extracts the profile too, under the same limits: a text can be as hostile as a file.
    """
    limits = {"timeout_s": timeout_s, "memory_bytes": memory_bytes, "today": today.isoformat() if today else None}
    results: list[ReadResult] = []
    while len(results) < len(files):
        batch = _next_batch(files[len(results) :])
        answers, return_code = _ask_child(batch, limits)
        results += answers
        if len(answers) < len(batch):
            results.append(_verdict_on_end(return_code, timeout_s))
    return results


def _next_batch(files: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    batch: list[tuple[str, bytes]] = []
    size = 0
    for name, content in files[:_BATCH_DOCUMENTS]:
        # One byte more than allowed is enough to see that a file is too large.
        head = content[: MAX_BYTES + 1]
        size += len(head)
        if batch and size > _BATCH_BYTES:
            break
        batch.append((name, head))
    return batch


def _ask_child(batch: Sequence[tuple[str, bytes]], limits: dict[str, Any]) -> tuple[list[ReadResult], int | None]:
    """The child's answers, in order, and its exit code (None: it was killed).

    Raises:
        RuntimeError: if the child did not start.
    """
    sizes = [(name, len(content)) for name, content in batch]
    order = {"files": sizes, "esco": [os.fspath(path) for path in esco_files()], **limits}
    child = subprocess.Popen(
        [sys.executable, "-m", "jobmatch_dagster.resources.document_reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a parser's warnings may quote the CV
        env=_ENVIRONMENT,
    )
    stdin = b"".join((json.dumps(order).encode(), b"\n", *(content for _, content in batch)))
    try:
        stdout, _ = child.communicate(stdin, timeout=_START_SECONDS + limits["timeout_s"] * len(batch))
        return_code: int | None = child.returncode
    except subprocess.TimeoutExpired:
        child.kill()
        stdout, _ = child.communicate()
        return_code = None
    ready, *lines = [line for line in stdout.splitlines(keepends=True) if line.endswith(b"\n")] or [b""]
    if ready != _READY:
        raise RuntimeError(f"the reader of CV files did not start (exit code {return_code}): is there memory left?")
    return [_result(json.loads(line)) for line in lines], return_code


def _result(said: dict[str, Any]) -> ReadResult:
    profile = said.pop("profile")
    return ReadResult(**said, profile=Profile(**profile) if profile else None)


def _verdict_on_end(return_code: int | None, timeout_s: int) -> ReadResult:
    if return_code is None or -return_code in _TIMEOUT_SIGNALS:
        reason = f"reading it took longer than {timeout_s} s"
    else:
        reason = "broken or hostile: reading it ended the reader"
    return ReadResult("unreadable", reason=reason)


def _serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """The child: reads the files from stdin and writes one line of JSON for each at once."""
    order: dict[str, Any] = json.loads(stdin.readline())
    contents = [(name, stdin.read(size)) for name, size in order["files"]]
    today = date.fromisoformat(order["today"]) if order["today"] else None
    use_esco([Path(path) for path in order["esco"]])
    if today:
        extract_profile(_WARM_UP, today=today)
    confine(order["memory_bytes"])
    stdout.write(_READY)
    stdout.flush()
    for name, content in contents:
        _start_clock(order["timeout_s"])
        answer = asdict(_read(name, content, order["memory_bytes"], today))
        stdout.write(json.dumps(answer).encode() + b"\n")
        stdout.flush()


def confine(memory_bytes: int) -> None:
    """Limit the rest of this process: memory, no writing of files, no network, no other programs.

    It may only read files and folders of Python and this package. The kernel enforces the limits on memory and on what
    is written into a file. The others apply to Python code: a C library that is taken over could bypass them.
    """
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no memory image with a CV in it
    sys.addaudithook(_forbid)


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        allowed = _is_own(arguments[0]) and not (isinstance(arguments[2], int) and arguments[2] & _WRITING)
    elif event in _LISTINGS:
        allowed = _is_own(arguments[0])
    elif event.startswith("resource."):
        allowed = arguments[0] == resource.RLIMIT_CPU  # set anew for each file
    else:
        allowed = not event.startswith(_FORBIDDEN)
    if not allowed:
        raise PermissionError(f"the reader of CV files may not do this: {event}")


def _is_own(path: Any) -> bool:
    """Whether a file or folder belongs to Python or this package. A number is a file that is open already."""
    if isinstance(path, int):
        return True
    real = os.path.realpath(os.fsdecode(path if path is not None else "."))
    return f"{real}{os.sep}".startswith(_OWN_FOLDERS)


def _start_clock(seconds: int) -> None:
    """Have the kernel end this process after so many seconds of wall time or processor time."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime) + seconds + 1, hard))


def _read(name: str, content: bytes, memory_bytes: int, today: date | None) -> ReadResult:
    try:
        text = read_document(name, content)
        return ReadResult("read", text=text, profile=extract_profile(text, today=today) if today else None)
    except UnreadableDocument as verdict:
        return ReadResult("unreadable", reason=verdict.reason)
    except MemoryError:
        return ReadResult("unreadable", reason=f"reading it needs more than {memory_bytes // MIB} MiB of memory")
    except RecursionError:
        return ReadResult("unreadable", reason="broken or hostile: nested too deeply")


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _serve(sys.stdin.buffer, sys.stdout.buffer)
