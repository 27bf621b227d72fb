"""What Claude is asked about a pair.

Put here how a request is made of facts. The guidelines are text (`data/guidelines.md`); asking stands in
`resources/claude.py`, reading the answer in `answer.py`. No name, address or CV text goes into a request.
"""

import functools
import hashlib
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

# Differs when the guidelines, the facts or the schema of the answer do; then every pair is asked anew.
PROMPT_VERSION = "1"

# Skill match in percent, from -> band in which the score starts (the mission's scale).
_BANDS = ((80, (85, 90)), (60, (75, 84)), (40, (60, 74)), (20, (45, 59)), (0, (30, 44)))

ANSWER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "claude_score": {"type": "integer", "description": "0 to 100"},
        "match_reasoning": {"type": "string"},
        "key_alignments": {"type": "array", "items": {"$ref": "#/$defs/item"}},
        "potential_gaps": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["claude_score", "match_reasoning", "key_alignments", "potential_gaps"],
    "additionalProperties": False,
    "$defs": {
        "item": {
            "type": "object",
            "properties": {"point": {"type": "string"}, "quote": {"type": "string"}},
            "required": ["point", "quote"],
            "additionalProperties": False,
        }
    },
}


@dataclass(frozen=True)
class PairRequest:
    """One request: a prefix that is the same for all pairs of a user, and the pair itself, both JSON or Markdown."""

    guidelines: str
    profile: str
    pair: str
    skill_percent: float | None

    def request_hash(self, model: str) -> str:
        """Identity of the request: equal requests are one request, whoever's pair it is."""
        parts = (model, PROMPT_VERSION, json.dumps(ANSWER_SCHEMA), self.guidelines, self.profile, self.pair)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def build_request(
    profile: dict[str, Any], posting: dict[str, Any], analysis: dict[str, Any], skill_percent: float | None
) -> PairRequest:
    """A request from facts; keys are sorted so that the cached prefix stays the same byte for byte."""
    return PairRequest(
        guidelines=_guidelines(),
        profile=_json({"profile": profile}),
        pair=_json({"posting": posting, "match_analysis": analysis}),
        skill_percent=skill_percent,
    )


def score_band(skill_percent: float | None) -> tuple[int, int]:
    """The band in which a score starts; all of 0..100 when the skill match is unknown."""
    if skill_percent is None:
        return 0, 100
    return next(band for start, band in _BANDS if skill_percent >= start)


@functools.cache
def _guidelines() -> str:
    return (resources.files("jobmatch_dagster.core") / "data" / "guidelines.md").read_text(encoding="utf-8")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
