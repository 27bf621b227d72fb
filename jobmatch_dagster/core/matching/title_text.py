"""What a title says: the head of a text that is embedded, and the words that are compared.

A German title carries its English meaning, because the packaged model reads English alone.
"""

import functools
import re
from collections.abc import Sequence

from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.glossary import in_english, without_gender
from jobmatch_dagster.core.vocabulary.occupations import occupations_of

_MAX_TITLES = 3
_MAX_HEAD_WORDS = 50
# What follows the titles in a profile's text (`cv/profile_text.py`).
_AFTER_TITLES = ("Skills: ", "Fields: ")
# Words that most titles share and that name no work.
_FILLER = frozenset(
    ("a", "an", "and", "at", "das", "dem", "den", "der", "des", "die", "ein", "eine", "for", "from", "für", "ii", "iii",
     "im", "in", "jr", "junior", "mit", "of", "on", "or", "senior", "sr", "the", "to", "und", "von", "with", "zu",
     "zum", "zur")
)  # fmt: skip
_WORD = re.compile(r"\w[\w+#]*(?:\.\w[\w+#]*)*")


def posting_head(title: str) -> str:
    """The first line of a posting's text: its title, and the occupations that it names."""
    return _head(title, occupations_of(title))


def profile_head(embedding_text: str) -> str | None:
    """The first line of a profile's text: its titles, and the occupations that they name; None without a title."""
    titles = functools.reduce(lambda text, mark: text.split(f". {mark}", maxsplit=1)[0], _AFTER_TITLES, embedding_text)
    if titles.startswith(_AFTER_TITLES) or not 0 < len(titles.split()) < _MAX_HEAD_WORDS:
        return None
    found = dict.fromkeys(group for title in titles.split(", ")[:_MAX_TITLES] for group in occupations_of(title))
    return _head(titles, tuple(found)[:_MAX_TITLES])


def posting_title_words(title: str) -> list[str]:
    """Words of a posting's title and of the occupations that it names, each once, folded."""
    return _words(posting_head(title))


@functools.lru_cache(maxsize=50_000)
def profile_title_words(embedding_text: str) -> tuple[str, ...]:
    """The same of a profile, from the text that is embedded or its beginning; () when it names no title."""
    return tuple(_words(profile_head(embedding_text) or ""))


def named(title: str) -> str:
    """The title without gender marks, and what it means in English when it is German."""
    english = in_english(title)
    return without_gender(title) + (f" ({english})" if english else "")


def _head(title: str, occupations: Sequence[str]) -> str:
    return clean_line(". ".join(part for part in (named(title), "; ".join(occupations)) if part))


def _words(head: str) -> list[str]:
    words = _WORD.findall(head.casefold())
    return [word for word in dict.fromkeys(words) if len(word) > 1 and word not in _FILLER and not word.isdigit()]
