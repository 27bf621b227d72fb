"""The word lists for reading CVs (`core/profiles/data/*.toml`), and how words and evidence are found in text."""

import functools
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jobmatch_dagster.core.contacts import CONTACT

EVIDENCE_CHARACTERS = 80

# A sentence or an item with one of these is about the person, not about work.
PERSONAL = re.compile(
    rf"{CONTACT.pattern}|\b(?:e-?mail|phone|mobile|telefon|tel\.|handy|linkedin|github|address|adresse|anschrift|"
    r"born|birth|geboren|geb\.|geburts\w+|nationality|staatsangehörigkeit|marital|married|single|familienstand|verheiratet|ledig|"
    r"passport|religion|university|universität|college|school|schule|hochschule|gymnasium|institute of|stra(?:ß|ss)e|street|"
    r"father|mother|declare|hereby|company\s-)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ProfileField:
    """Values of one field of a profile, and the pieces of text that they were read from; both empty if unknown."""

    values: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@functools.cache
def word_list(name: str) -> dict[str, dict[str, Any]]:
    """A file of `core/profiles/data`, by its name without the ending."""
    source = resources.files("jobmatch_dagster.core.profiles") / "data" / f"{name}.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def any_word(words: Iterable[str]) -> re.Pattern[str]:
    """Pattern of these words or phrases as whole words in any case, longer ones first."""
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)


def snippet(text: str, start: int, end: int) -> str:
    """The text at this place with some of its line around it, as evidence for people."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end)
    line = " ".join(text[line_start : line_end if line_end >= 0 else None].split())
    if len(line) <= EVIDENCE_CHARACTERS:
        return line
    found = " ".join(text[start:end].split())[:EVIDENCE_CHARACTERS]
    room = EVIDENCE_CHARACTERS - len(found)
    before = " ".join(text[line_start:start].split())[-(room // 2) :] if room >= 4 else ""
    after = " ".join(text[end : line_end if line_end >= 0 else None].split())[: room - len(before) - 2]
    return " ".join(part for part in (before, found, after) if part)[:EVIDENCE_CHARACTERS]


def shortened(pieces: Sequence[str], limit: int = 10) -> list[str]:
    """Evidence of a field: each piece once, cut, and at most `limit` pieces."""
    return list(dict.fromkeys(" ".join(piece.split())[:EVIDENCE_CHARACTERS] for piece in pieces))[:limit]
