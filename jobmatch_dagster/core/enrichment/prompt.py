"""What Claude is asked about a pair.

Put here how a request is made of facts. The guidelines are text (`data/prompts/explain_match.md`); which facts go in
stands in `pair_facts.py`, asking in `resources/claude.py`, reading the answer in `answer.py`.
"""

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

# Names the generation of the prompt; a hash of guidelines and schema is added, so that no edit goes unseen.
_PROMPT_NAME = "explain_match-2"

# Skill match in percent, from -> band in which the score starts (the mission's scale).
_BANDS = ((80, (85, 90)), (60, (75, 84)), (40, (60, 74)), (20, (45, 59)), (0, (30, 44)))
# Nothing is known that a score could start from: the middle of the scale.
_UNKNOWN_BAND = (45, 74)

_ITEM = {
    "type": "object",
    "properties": {
        "point": {"type": "string", "description": "One short sentence"},
        "quote": {"type": "string", "description": "Words copied letter for letter from posting or profile"},
    },
    "required": ["point", "quote"],
    "additionalProperties": False,
}
ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "claude_score": {"type": "integer", "description": "0 to 100"},
        "match_reasoning": {"type": "string", "description": "Two or three sentences"},
        "key_alignments": {"type": "array", "items": _ITEM, "description": "One to four"},
        "potential_gaps": {"type": "array", "items": _ITEM, "description": "None to four"},
    },
    "required": ["claude_score", "match_reasoning", "key_alignments", "potential_gaps"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class PairRequest:
    """One request, in three parts that go from what all share to what is this pair's own.

    Attributes:
        guidelines: Markdown, the same for everybody.
        profile: JSON, the same for all pairs of a user.
        pair: JSON of posting and analysis.
        attempt: 1, or 2 when the first answer could not be used.
        note: what was wrong with the first answer.
    """

    guidelines: str
    profile: str
    pair: str
    attempt: int = 1
    note: str = ""

    def request_hash(self, user_id: int, model: str) -> str:
        """Identity of the request. It is the user's own: nobody's answer hangs on another person's rows."""
        parts = (str(user_id), model, prompt_version(), self.profile, self.pair, str(self.attempt))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def again(self, reason: str) -> "PairRequest":
        """The same question, once more, with what was wrong with the answer.

        The reason is one of our own sentences, never words of the answer.
        """
        return replace(self, attempt=2, note=f"An earlier answer could not be used: {reason}. Answer anew.")

    @property
    def answer_schema(self) -> dict[str, Any]:
        """JSON schema that the answer is held to."""
        return ANSWER_SCHEMA

    @property
    def size_bytes(self) -> int:
        """Length of all that is sent, answer schema included."""
        texts = (self.guidelines, self.profile, self.pair, self.note, json.dumps(self.answer_schema))
        return sum(len(part.encode()) for part in texts)


def build_request(profile: dict[str, Any], posting: dict[str, Any], analysis: dict[str, Any]) -> PairRequest:
    """A request from facts; keys are sorted so that the cached prefix stays the same byte for byte."""
    return PairRequest(
        guidelines=guidelines(),
        profile=_json({"profile": profile}),
        pair=_json({"posting": posting, "match_analysis": analysis}),
    )


def score_band(percent: float | None) -> tuple[int, int]:
    """The band in which a score starts, lowest and highest score, from the skill match in percent."""
    if percent is None:
        return _UNKNOWN_BAND
    return next(band for start, band in _BANDS if percent >= start)


@functools.cache
def guidelines() -> str:
    """The guidelines, word for word as they are sent."""
    return (resources.files("jobmatch_dagster.core.enrichment") / "data" / "prompts" / "explain_match.md").read_text(
        "utf-8"
    )


@functools.cache
def prompt_version() -> str:
    """Name and hash of guidelines and answer schema: differs whenever one of them does."""
    content = guidelines() + json.dumps(ANSWER_SCHEMA, sort_keys=True)
    return f"{_PROMPT_NAME}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
