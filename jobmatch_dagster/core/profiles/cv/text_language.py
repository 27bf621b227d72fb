"""The language that a text is written in. `spoken_languages.py` reads the languages that a person speaks."""

import functools
import re

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from jobmatch_dagster.core.profiles.cv.word_lists import word_list

_WORD = re.compile(r"[^\W\d_]{2,}")
# Shorter texts are names and abbreviations. A lower probability is a guess.
_MIN_WORDS = 12
_MIN_PROBABILITY = 0.6
_MAX_CHARACTERS = 20_000


def detect_language(text: str) -> str | None:
    """English name of the language ("German"); None if the text is too short or ambiguous."""
    words = _WORD.findall(text[:_MAX_CHARACTERS])
    if len(words) < _MIN_WORDS:
        return None
    code, probability = _identifier().classify(" ".join(words).lower())
    return str(word_list("languages")["codes"][code]) if probability >= _MIN_PROBABILITY else None


@functools.cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(word_list("languages")["codes"]))
    return identifier
