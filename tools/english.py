"""The check of English in `make lint`: words and constructions that this project avoids, counted, with a limit each.

    python -m tools.english           # counts; the places of a tic that is over its limit; exit code 1 then
    python -m tools.english --list    # every place of every tic

Python, SQL and Markdown count whole, names of functions too; of TOML, YAML and the Makefile the comments count. Data
do not: prompts, word lists and CVs are what they are.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_FOLDERS = ("jobmatch_dagster", "jobmatch_dagster_tests", "sql", "docs", "tools")
# They are full of what they look for.
_OWN_FILES = {"english.py", "test_english.py"}
_SKIPPED_FOLDERS = {"data", "cv_texts", "__pycache__"}
_WHOLE = {".py", ".sql", ".md"}
_COMMENTS_ONLY = {".toml", ".yaml", ".yml", ""}
_COMMENT = re.compile(r"#.*$")


@dataclass(frozen=True)
class Tic:
    """A word or construction to avoid, what to write in its place, and how often it may occur."""

    name: str
    pattern: re.Pattern[str]
    better: str
    limit: int


def _tic(name: str, pattern: str, better: str, limit: int) -> Tic:
    # A word of a function's name counts like a word of a sentence.
    return Tic(name, re.compile(rf"(?<![^\W_])(?:{pattern})(?![^\W_])", re.IGNORECASE), better, limit)


# A comment goes on after the sign of its next line.
_GAP = r"\s+(?:(?:#|--)\s+)?"
_OF = rf"of{_GAP}(?:[\w'`-]+{_GAP}){{1,3}}?"
# Limits only ever go down.
TICS = (
    _tic("tell", r"(?:tells?|told|telling)", "shows, reports, says", 9),
    _tic("stand", r"stands?(?![-_]in)", "is in, is", 9),
    _tic("held", r"held", "stored, kept", 9),
    _tic("mend", r"mend(?:s|ed|ing)?", "fix", 9),
    _tic("walk", r"(?<!\.)walk(?:s|ed|ing)?", "sweep, fetch", 9),
    _tic("taken in", r"(?:take[sn]?|taking|took) in", "processed, read", 9),
    _tic("in force", r"in[ _]force", "current", 9),
    _tic("of chain", rf"{_OF}{_OF}of", "a noun before its noun, or two sentences", 9),
    _tic("catalogue", r"catalogues?", "catalog", 9),
    _tic("Put here", r"put here", "Belongs here: ...", 9),
)


@dataclass(frozen=True)
class Place:
    """Where a tic occurs: path from the project's root, line, and the text found."""

    path: str
    line: int
    found: str


def find(tic: Tic, path: str, text: str) -> Iterator[Place]:
    """Places of a tic in a text; a construction may run over the end of a line."""
    for match in tic.pattern.finditer(text):
        yield Place(path, text.count("\n", 0, match.start()) + 1, " ".join(match[0].split()))


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of every file that counts."""
    tops = [path for path in _ROOT.iterdir() if path.is_file()]
    for path in sorted([*tops, *(path for folder in _FOLDERS for path in (_ROOT / folder).rglob("*"))]):
        inner = path.relative_to(_ROOT)
        if path.name in _OWN_FILES or not path.is_file() or inner.name.startswith("."):
            continue
        if path.suffix in _WHOLE and not _SKIPPED_FOLDERS & set(inner.parts):
            yield str(inner), path.read_text("utf-8")
        elif path.suffix in _COMMENTS_ONLY:
            yield str(inner), "\n".join(_comment(line) for line in path.read_text("utf-8").splitlines())


def _comment(line: str) -> str:
    found = _COMMENT.search(line)
    return found[0] if found else ""


def main() -> int:
    """Print counts and places; gives the exit code."""
    files = list(texts())
    failed = False
    for tic in TICS:
        places = [place for path, text in files for place in find(tic, path, text)]
        over = len(places) > tic.limit
        failed |= over
        print(f"{tic.name:<10} {len(places):>4} of at most {tic.limit}" + (f"; better: {tic.better}" if over else ""))
        if over or "--list" in sys.argv:
            print("".join(f"  {place.path}:{place.line}: {place.found}\n" for place in places), end="")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
