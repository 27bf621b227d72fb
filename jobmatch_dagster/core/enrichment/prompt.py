"""The request to Claude about a pair, built from facts.

The guidelines are text (`data/prompts/explain_match.md`). `analysis.py` decides which facts are sent, `answer.py` reads
the answer, `resources/claude_client.py` makes the call.
"""

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from importlib import resources

from jobmatch_dagster.core.json_values import JsonObject
from jobmatch_dagster.core.matching.reason_words import DEFAULT_LANGUAGE

# Generation of the prompt. The version adds a hash of guidelines and schema, so that every edit changes it.
_PROMPT_NAME = "explain_match-3"

# Code of a language -> its name in the request and the file that asks for it. English is what the guidelines ask for.
_OTHER_LANGUAGES = {"de": ("German", "explain_in_german.md")}
# Beside the facts of the profile, so that it is part of the identity of a request.
_LANGUAGE_KEY = "answer_language"

# Lowest skill match in percent -> band in which the score starts (the mission's scale).
_BANDS = ((80, (85, 90)), (60, (75, 84)), (40, (60, 74)), (20, (45, 59)), (0, (30, 44)))
# The skill match is unknown: the middle of the scale.
_UNKNOWN_BAND = (45, 74)

_ITEM: JsonObject = {
    "type": "object",
    "properties": {
        "point": {"type": "string", "description": "At most eight words"},
        "quote": {
            "type": "string",
            "description": "At most five words copied letter for letter from posting or profile",
        },
    },
    "required": ["point", "quote"],
    "additionalProperties": False,
}
ANSWER_FIELDS: dict[str, JsonObject] = {
    "claude_score": {"type": "integer", "description": "0 to 100"},
    "match_reasoning": {"type": "string", "description": "Two short sentences"},
    "key_alignments": {"type": "array", "items": _ITEM, "description": "One or two"},
    "potential_gaps": {"type": "array", "items": _ITEM, "description": "At most two"},
}
ANSWER_SCHEMA: JsonObject = {
    "type": "object",
    "properties": ANSWER_FIELDS,
    "required": list(ANSWER_FIELDS),
    "additionalProperties": False,
}


@dataclass(frozen=True)
class PairRequest:
    """One request, in three parts: shared by all users, shared by a user's pairs, this pair's own.

    Attributes:
        guidelines: Markdown, the same for every user.
        profile: JSON, the same for all pairs of a user.
        pair: JSON with the posting and the analysis.
        attempt: 1, or 2 after a first answer that could not be used.
        note: what was wrong with the first answer.
    """

    guidelines: str
    profile: str
    pair: str
    attempt: int = 1
    note: str = ""

    def request_hash(self, user_id: int, model: str) -> str:
        """Identity of the request. It includes the user, so that no answer depends on another user's rows."""
        parts = (str(user_id), model, prompt_version(), self.profile, self.pair, str(self.attempt))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def again(self, reason: str) -> "PairRequest":
        """The same request as a second attempt, with a note on the first answer.

        The reason is a sentence of this project, never text of the answer.
        """
        return replace(self, attempt=2, note=f"An earlier answer could not be used: {reason}. Answer anew.")

    @property
    def answer_schema(self) -> JsonObject:
        """JSON schema that the answer must match."""
        return ANSWER_SCHEMA

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        return 1

    @property
    def size_bytes(self) -> int:
        """Length of everything that is sent, answer schema included."""
        texts = (self.guidelines, self.profile, self.pair, self.note, json.dumps(self.answer_schema))
        return sum(len(part.encode()) for part in texts)


def build_request(
    profile: JsonObject, posting: JsonObject, analysis: JsonObject, language: str = DEFAULT_LANGUAGE
) -> PairRequest:
    """A request from facts. Keys are sorted, so that the cached prefix stays the same byte for byte.

    An English request says nothing of its language: it is the one that was sent before there was another.

    Args:
        profile: what is sent of the profile.
        posting: what is sent of the posting.
        analysis: the pre-calculated match analysis.
        language: code of the language of the answer.
    """
    name, addition = None, ""
    if language in _OTHER_LANGUAGES:
        name, file = _OTHER_LANGUAGES[language]
        addition = _prompt(file)
    return PairRequest(
        guidelines=guidelines() + addition,
        profile=_json({"profile": profile} | ({_LANGUAGE_KEY: name} if name else {})),
        pair=_json({"posting": posting, "match_analysis": analysis}),
    )


def is_in_german(request: PairRequest) -> bool:
    """Whether an answer in German was asked for."""
    return bool(json.loads(request.profile).get(_LANGUAGE_KEY) == "German")


def score_band(percent: float | None) -> tuple[int, int]:
    """Lowest and highest score of the band in which a score starts, from the skill match in percent."""
    if percent is None:
        return _UNKNOWN_BAND
    return next(band for start, band in _BANDS if percent >= start)


@functools.cache
def guidelines() -> str:
    """The guidelines, exactly as they are sent."""
    return _prompt("explain_match.md")


@functools.cache
def prompt_version() -> str:
    """Generation, and a hash of guidelines and answer schema: changes whenever one of them does."""
    content = guidelines() + json.dumps(ANSWER_SCHEMA, sort_keys=True)
    return f"{_PROMPT_NAME}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _prompt(file: str) -> str:
    return (resources.files("jobmatch_dagster.core.enrichment") / "data" / "prompts" / file).read_text("utf-8")


def _json(value: JsonObject) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
