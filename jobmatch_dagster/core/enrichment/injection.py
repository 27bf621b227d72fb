"""Signs of a prompt injection: text in an ad that addresses a machine instead of the reader.

The patterns are data (`data/injection.toml`). This module only names the signs. `analysis.py` decides what follows: a
posting with any sign is judged by its structured fields alone. So a false alarm only costs some detail. A missed
injection still meets a clamped score, an answer schema without tools, and quotes that are checked against the data.
"""

import base64
import binascii
import functools
import re
import tomllib
import unicodedata
from collections.abc import Iterator
from importlib import resources

# Invisible characters: zero-width, soft hyphen, bidi controls, variation selectors, Unicode tags.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
# Invisible characters of ordinary text: soft hyphens, joiners, emoji selectors, byte-order marks of an editor.
_ORDINARY_INVISIBLE = re.compile("\u00ad|\u200b|\u200c|\u200d|\u200e|\u200f|\u2060|\ufe0e|\ufe0f|\ufeff")
_HIDDEN_RUN = re.compile("[\u200b-\u200f\u2060-\u2064]{8,}")
_SPACED_LETTERS = re.compile(r"(?<![^\W_])(?:[^\W\d_][ .\-_*]){5,}[^\W\d_](?![^\W_])")
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/]{24,}={0,2}(?![\w+/=])")
_SPACE = re.compile(r"\s+")
_NAME_CHARACTERS = 100


def signs(text: str | None) -> tuple[str, ...]:
    """Names of the signs in a text, each once, in a fixed order; empty if there are none.

    The signs are `overrides_instructions`, `addresses_a_machine`, `asks_for_a_score`, `asks_for_a_word`,
    `asks_for_secrets`, `plays_a_role`, `hidden_markup` and `hidden_characters`. Finds English, German, Spanish and
    French, also in spaced letters, look-alike letters and base64.
    """
    if not text:
        return ()
    return _signs_of_name(text) if len(text) <= _NAME_CHARACTERS else _signs(text)


def visible(text: str) -> str:
    """The text without invisible characters."""
    return _INVISIBLE.sub("", text)


def _signs(text: str) -> tuple[str, ...]:
    found = {name for form in _forms(text) for name, pattern in _patterns() if pattern.search(form)}
    if _HIDDEN_RUN.search(text) or _INVISIBLE.search(_ORDINARY_INVISIBLE.sub("", text)):
        found.add("hidden_characters")
    return tuple(sorted(found))


# Skills, keywords and companies recur in many postings.
_signs_of_name = functools.lru_cache(maxsize=50_000)(_signs)


@functools.cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    source = resources.files("jobmatch_dagster.core.enrichment") / "data" / "injection.toml"
    data = tomllib.loads(source.read_text(encoding="utf-8"))
    words = data["words"]
    return [
        (name, re.compile(re.sub(r"<(\w+)>", lambda place: words.get(place[1], place[0]), pattern)))
        for name, patterns in data["signs"].items()
        for pattern in patterns
    ]


def _forms(text: str) -> Iterator[str]:
    """The folded text as it is searched, then its spaced letters joined and its base64 decoded."""
    folded = _fold_text(text)
    yield folded
    joined = _SPACED_LETTERS.sub(lambda run: re.sub(r"[ .\-_*]", "", run[0]), folded)
    if joined != folded:
        # Joined words have lost the spaces between them.
        yield joined
        yield re.sub(r"(ignore|disregard|forget|ignoriere|vergiss|all|alle|previous|bisherigen?)(?=\w)", r"\1 ", joined)
    for blob in _BASE64.findall(text):
        decoded = _decode_base64(blob)
        if decoded:
            yield _fold_text(decoded)


# Common letters of other scripts that look like Latin ones (Unicode confusables).
_LOOK_ALIKES = str.maketrans("аеіјорсухѕһԁԛԝοανικτρ", "aeijopcyxshdqwoaviktp")


def _fold_text(text: str) -> str:
    plain = unicodedata.normalize("NFKC", visible(_decode_tags(text))).lower().translate(_LOOK_ALIKES)
    return "\n".join(_SPACE.sub(" ", line).strip() for line in plain.split("\n"))


def _decode_tags(text: str) -> str:
    """Replace Unicode tags (U+E0020..7E) by the ASCII characters that they encode."""
    return "".join(chr(ord(c) - 0xE0000) if 0xE0020 <= ord(c) <= 0xE007E else c for c in text)


def _decode_base64(blob: str) -> str:
    try:
        text = base64.b64decode(blob + "=" * (-len(blob) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return ""
    return text if text.isprintable() else ""
