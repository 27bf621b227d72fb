"""CV files of every kind, good and hostile: text or a reason, never an error."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.resources.document_reader import MEMORY_BYTES, read_in_child, read_many_in_child
from jobmatch_dagster_tests.support.cvs.formats import every_format, pdf_of, zipped
from jobmatch_dagster_tests.support.cvs.written import ENGLISH, GERMAN, WrittenCv

_TODAY = date(2026, 11, 20)
_VERDICT_SECONDS = 25
_TEXT = "Ada Example\nNurse\nWork experience\n03/2018 - 10/2026 Nurse, Lindenhof\nSkills: Nursing, Hygiene\n" * 2
_RESUME = {
    "basics": {"name": "Ada Example", "label": "Nurse"},
    "work": [{"name": "Lindenhof", "position": "Nurse", "startDate": "2018-03", "endDate": "2026-10"}],
    "skills": [{"name": "Care", "keywords": ["Nursing", "Hygiene"]}],
}


@pytest.mark.parametrize(
    ("cv", "years", "skills"),
    [
        # 03/2021-10/2026 and 01/2018-06/2021: four months of overlap count once.
        (ENGLISH, 8.8, {"Python", "Django", "Go", "C", "C++", "C#", ".NET", "R", "PostgreSQL", "Kubernetes"}),
        # Until today, and 39 months before.
        (GERMAN, 8.0, {"Java", "Spring Boot", "SQL", "C", "C++", "Go", "R", "Docker", "Git", "Jenkins", "Python"}),
    ],
)  # fmt: skip
def test_cv_in_any_format_gives_the_same_profile(cv: WrittenCv, years: float, skills: set[str]) -> None:
    written = list(every_format(cv))
    readings = read_many_in_child([(name, content) for _, name, content in written], today=_TODAY)
    for (what, _, _), reading in zip(written, readings, strict=True):
        assert reading.profile is not None, (what, reading.reason)
        assert skills <= set(reading.profile.skills or []), what
        assert _facts(reading.profile) == _facts(readings[0].profile), what
        assert reading.profile.experience_years == years
        assert "alert" not in (reading.text or "")


def test_json_resume_is_read_like_a_written_one() -> None:
    reading = read_in_child("cv.json", json.dumps(_RESUME).encode(), today=_TODAY)
    assert reading.profile is not None
    assert reading.profile.experience_years == 8.7
    assert {"Nursing", "Hygiene"} <= set(reading.profile.skills or [])


def test_hostile_file_gets_a_verdict_within_the_limits() -> None:
    # In a process of its own, so that the largest child is one of these.
    program = (
        "import json, resource, time\n"
        "from datetime import date\n"
        "from jobmatch_dagster.resources.document_reader import read_in_child, read_many_in_child\n"
        "from jobmatch_dagster_tests.support.cvs.hostile import hostile_files\n"
        "files = hostile_files()\n"
        "said = []\n"
        "for name, content in files.items():\n"
        "    started = time.monotonic()\n"
        "    reading = read_in_child(name, content, today=date(2026, 11, 20)) if len(content) > 300_000 else None\n"
        "    said.append([name, reading and [reading.status, reading.reason], time.monotonic() - started])\n"
        "rest = [(name, files[name]) for name, reading, _ in said if reading is None]\n"
        "readings = iter(read_many_in_child(rest, today=date(2026, 11, 20)))\n"
        "for entry in said:\n"
        "    if entry[1] is None:\n"
        "        reading = next(readings)\n"
        "        entry[1] = [reading.status, reading.reason]\n"
        "print(json.dumps({'said': said, 'kib': resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    result = json.loads(done.stdout)
    assert len(result["said"]) >= 60
    for name, (status, reason), seconds in result["said"]:
        assert seconds < _VERDICT_SECONDS, name
        assert status == "read" or (reason and len(reason) < 200 and "Example" not in reason), name
    unreadable = sum(status == "unreadable" for _, (status, _), _ in result["said"])
    assert unreadable >= 60
    assert result["kib"] * 1024 < MEMORY_BYTES


@pytest.mark.nightly
def test_hostile_text_gets_a_verdict_within_the_limits() -> None:
    room = 180_000
    patterns = ("skills: ", "AAAA ", "German English ", "5 years experience ", "January ", "12345 Aa ", "Aa-", "x, ")
    for pattern in patterns:
        started = time.monotonic()
        content = (
            "Skills\nPython, Django and some more words\nExperience\n" + pattern * (room // len(pattern))
        ).encode()
        assert read_in_child("cv.txt", content, today=_TODAY).status in {"read", "unreadable"}
        assert time.monotonic() - started < _VERDICT_SECONDS, pattern


def test_reader_has_no_network_no_programs_and_no_files() -> None:
    program = (
        "import os, socket, subprocess\n"
        "from jobmatch_dagster.resources.document_reader import confine\n"
        "confine(2**30)\n"
        "for act in (lambda: socket.create_connection(('127.0.0.1', 9)), lambda: subprocess.run(['true']),\n"
        "            lambda: open('/etc/hostname'), lambda: os.open('/proc/self/environ', os.O_RDONLY),\n"
        "            lambda: open(f'{os.path.dirname(os.__file__)}/../../../etc/hostname'),\n"
        "            lambda: open('/tmp/x', 'w').write('x' * 100_000)):\n"
        "    try:\n"
        "        act()\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout.split() == ["PermissionError"] * 6


_HOSTILE_CODE = """
import ctypes, multiprocessing, os, resource, shutil, socket, sqlite3, subprocess, sys
from jobmatch_dagster.resources.document_reader import confine
kept, folder = sys.argv[1], os.path.dirname(sys.argv[1])
confine(2**30)
acts = {
    "read a file": lambda: open(kept),
    "read by its number": lambda: os.open(kept, os.O_RDONLY),
    "write a file": lambda: open(kept, "w"),
    "write into Python": lambda: open(os.path.join(os.path.dirname(os.__file__), "hostile"), "w"),
    "empty a file of Python": lambda: os.open(os.__file__, os.O_RDONLY | os.O_TRUNC),
    "list a folder": lambda: os.listdir(folder),
    "walk a folder": lambda: list(os.scandir(folder)),
    "list where it is": lambda: os.listdir(),
    "make a folder": lambda: os.mkdir(f"{folder}/hostile"),
    "make a link": lambda: os.symlink("/etc/passwd", f"{folder}/hostile"),
    "make a file": lambda: os.open(f"{folder}/hostile", os.O_CREAT | os.O_WRONLY),
    "remove a file": lambda: os.remove(kept),
    "remove a folder": lambda: shutil.rmtree(folder),
    "rename a file": lambda: os.rename(kept, f"{kept}.old"),
    "cut a file": lambda: os.truncate(kept, 0),
    "change rights": lambda: os.chmod(kept, 0o777),
    "open a database": lambda: sqlite3.connect(kept),
    "signal its parent": lambda: os.kill(os.getppid(), 0),
    "fork": lambda: os.fork() or os._exit(0),
    "start a process": lambda: multiprocessing.get_context("spawn").Process(target=int).start(),
    "run a program": lambda: subprocess.run(["true"]),
    "run a shell": lambda: os.system("true"),
    "become a program": lambda: os.execv("/bin/true", ["true"]),
    "spawn": lambda: os.posix_spawn("/bin/true", ["true"], {}),
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "make a socket": lambda: __import__("_socket").socket(2, 1),
    "resolve a name": lambda: socket.getaddrinfo("localhost", 80),
    "load a library": lambda: ctypes.CDLL(None),
    "call C": lambda: ctypes.pythonapi.getpid(),
    "lift the limit of files": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)),
    "lift the limit of memory": lambda: resource.setrlimit(resource.RLIMIT_AS, (2**40, 2**40)),
    "read the parent's keys": lambda: open(f"/proc/{os.getppid()}/environ"),
}
for name, act in acts.items():
    try:
        act()
    except (PermissionError, ValueError):
        continue
    except BaseException as error:
        name = f"{name}: {type(error).__name__}"
    print(name)
print(len(acts), "tried")
"""


def test_hostile_code_in_the_reader_reaches_nothing(tmp_path: Path) -> None:
    """Code that took over the reader's Python, not only a hostile file."""
    kept = tmp_path / "kept"
    kept.write_text("untouched")
    done = subprocess.run(
        [sys.executable, "-c", _HOSTILE_CODE, str(kept)], capture_output=True, text=True, check=False, timeout=60
    )
    reached = done.stdout.splitlines()
    assert reached[-1:] == ["32 tried"], done.stderr
    assert reached[:-1] == []
    assert kept.read_text() == "untouched"
    assert list(tmp_path.iterdir()) == [kept]


def test_reader_gets_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[dict[str, str]] = []
    real = subprocess.Popen

    def noted(*arguments: object, **options: object) -> object:
        seen.append(dict(options["env"]))  # type: ignore[call-overload]
        return real(*arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setattr(subprocess, "Popen", noted)
    assert read_in_child("cv.txt", _TEXT.encode()).status == "read"
    assert all(set(given) == {"PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "OPENBLAS_NUM_THREADS"} for given in seen)


def test_bad_file_does_not_affect_others() -> None:
    bomb = zipped({"word/document.xml": b" " * 200_000_000})
    # The second ends the child, and a new one continues; the child itself refuses the third.
    slow = pdf_of([b"BT /F1 9 Tf " + b"(all work and no play) Tj 0 -1 Td " * 100_000 + b"ET"])
    files = [("a.txt", _TEXT.encode()), ("slow.pdf", slow), ("bomb.docx", bomb), ("b.txt", _TEXT.encode())]
    readings = read_many_in_child(files, timeout_s=2)
    assert [reading.status for reading in readings] == ["read", "unreadable", "unreadable", "read"]
    assert readings[1].reason == "reading it took longer than 2 s"


def _facts(profile: Profile | None) -> tuple[object, ...]:
    assert profile is not None
    skills = sorted(skill.casefold() for skill in profile.skills or [])
    return skills, profile.experience_years, profile.education, profile.languages, profile.seniority, profile.industries
