"""Groups of occupations that a job title names, in English and German.

The groups are data (`data/occupations.toml`, written for this project).
"""

import functools
import hashlib
import re
import tomllib
from importlib import resources

_MAX_GROUPS = 2
_LONG_CHARACTERS = 6


@functools.lru_cache(maxsize=50_000)
def occupations_of(title: str) -> tuple[str, ...]:
    """Names of the groups in a title, in the order of the title, at most two; () if there are none."""
    found = [(match.start(), place, name) for place, (name, p) in enumerate(_groups()) if (match := p.search(title))]
    return tuple(name for _, _, name in sorted(found)[:_MAX_GROUPS])


@functools.cache
def occupations_version() -> str:
    """First 8 hex digits of a SHA-256 over the groups; a title has the same groups under the same version."""
    groups = [(name, pattern.pattern) for name, pattern in _groups()]
    return hashlib.sha256(repr(groups).encode()).hexdigest()[:8]


@functools.cache
def _groups() -> list[tuple[str, re.Pattern[str]]]:
    source = resources.files("jobmatch_dagster.core.vocabulary") / "data" / "occupations.toml"
    groups = tomllib.loads(source.read_text(encoding="utf-8"))
    return [(name, re.compile("|".join(map(_pattern, words)), re.IGNORECASE)) for name, words in groups.items()]


def _pattern(word: str) -> str:
    if word.endswith(" "):
        return rf"(?<!\w){re.escape(word.rstrip())}(?!\w)"
    return re.escape(word) if len(word) >= _LONG_CHARACTERS else rf"(?<!\w){re.escape(word)}"
