"""The language a text is written in.

Put here the detection alone. Languages that a person speaks are read in `facts.py`.
"""

import functools
import re

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from jobmatch_dagster.core.profiles.cv.vocabulary import table

_WORD = re.compile(r"[^\W\d_]{2,}")
# Shorter texts are names and abbreviations; below the probability it is a guess.
_MIN_WORDS = 12
_MIN_PROBABILITY = 0.6
_MAX_CHARACTERS = 20_000


def detect_language(text: str) -> str | None:
    """English name of the language ("German"), None when the text is too short or like several languages."""
    words = _WORD.findall(text[:_MAX_CHARACTERS])
    if len(words) < _MIN_WORDS:
        return None
    code, probability = _identifier().classify(" ".join(words).lower())
    return str(table("languages")["codes"][code]) if probability >= _MIN_PROBABILITY else None


@functools.cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(table("languages")["codes"]))
    return identifier
