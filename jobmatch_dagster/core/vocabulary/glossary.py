"""German job words in English, so that a model that knows only English understands a German title.

The words are data (`data/german_jobs.toml`, written for this project).
"""

import functools
import hashlib
import re
import tomllib
from collections.abc import Mapping
from importlib import resources

# Gender marks: "(m/w/d)", ":in", "/-in", "*innen", "(gn)".
_GENDERS = re.compile(
    r"\(\s*(?:[mwdfxi]|gn|all genders|divers|alle)(?:\s*[/|,*]\s*[mwdfxi]\w*)*\s*\)"
    r"|(?<=\w)(?:[:*_]|/-?)(?:innen|in|r|n|frau)\b"
    r"|(?<=\w)innen\b|\b[mwfd](?:\s?/\s?[mwfdx])+\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
# Linking letters between the parts of a compound, and endings of a word.
_LINKS = ("s", "es", "n", "en", "er", "e", "")
_ENDINGS = ("", "in", "innen", "n", "en", "s", "es", "e", "r", "er", "em")
_MIN_STEM_CHARACTERS = 3
_MIN_COMPOUND_CHARACTERS = 7


def in_english(text: str) -> str:
    """The words of a text with those of the table in English, each once, in order.

    "" if the text has no German job word of the table: an English title needs no translation.
    """
    found: dict[str, None] = {}
    german = False
    for word in _WORD.findall(_GENDERS.sub(" ", text)):
        meaning = _meaning(word.casefold())
        if meaning is None:
            found.setdefault(word)
        else:
            german |= meaning.casefold() != word.casefold() and word.casefold() not in _words()
            found.update(dict.fromkeys(meaning.split()))
    return " ".join(found) if german else ""


def without_gender(title: str) -> str:
    """A title without gender marks such as "(m/w/d)" and ":in"."""
    return " ".join(_GENDERS.sub(" ", title).split()).strip(" -–|/,")


@functools.lru_cache(maxsize=50_000)
def _meaning(word: str) -> str | None:
    if word in _words():
        return _words()[word]
    if (meaning := _form(word, _stems())) is not None:
        return meaning
    return _compound(word) if len(word) >= _MIN_COMPOUND_CHARACTERS else None


def _compound(word: str) -> str | None:
    """Meaning of a compound; None if it cannot be divided into known parts. The longest first part is preferred."""
    table = _parts()
    for length in range(len(word) - _MIN_STEM_CHARACTERS, _MIN_STEM_CHARACTERS - 1, -1):
        first = word[:length]
        if first not in table:
            continue
        for link in _LINKS:
            rest = word[length:]
            if not rest.startswith(link):
                continue
            if (tail := _meaning_of_part(rest.removeprefix(link))) is not None:
                return f"{table[first]} {tail}"
    return None


def _meaning_of_part(part: str) -> str | None:
    if len(part) < _MIN_STEM_CHARACTERS:
        return None
    meaning = _form(part, _parts())
    return _compound(part) if meaning is None else meaning


def _form(word: str, table: Mapping[str, str]) -> str | None:
    for ending in _ENDINGS:
        if word.endswith(ending) and (stem := word[: len(word) - len(ending)]) in table:
            return table[stem]
    return None


@functools.cache
def glossary_version() -> str:
    """First 8 hex digits of a SHA-256 over the words; a title has the same meaning under the same version."""
    return hashlib.sha256(repr(_tables()).encode()).hexdigest()[:8]


@functools.cache
def _tables() -> dict[str, dict[str, str]]:
    source = resources.files("jobmatch_dagster.core.vocabulary") / "data" / "german_jobs.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@functools.cache
def _stems() -> dict[str, str]:
    return {stem.casefold(): meaning for part in ("fields", "roles") for stem, meaning in _tables()[part].items()}


@functools.cache
def _parts() -> dict[str, str]:
    return {**_stems(), **{stem.casefold(): meaning for stem, meaning in _tables()["parts"].items()}}


@functools.cache
def _words() -> dict[str, str]:
    return {word.casefold(): meaning for word, meaning in _tables()["words"].items()}
