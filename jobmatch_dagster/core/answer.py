"""Claude's answer: read, checked against the texts, held near its band.

Put here what makes an answer usable. A failure is a status with a reason, never a score.
"""

import json
from dataclasses import dataclass
from typing import Any

from jobmatch_dagster.core.prompt import PairRequest, score_band
from jobmatch_dagster.core.text import clean_line

# How far a score may leave the band that the skill match gives.
BAND_WIDTH = 10


@dataclass(frozen=True)
class Answer:
    """A usable answer. `raw_score` is Claude's own, `score` the one held near the band."""

    score: int
    raw_score: int
    reasoning: str
    alignments: list[dict[str, str]]
    gaps: list[dict[str, str]]
    dropped_items: int


@dataclass(frozen=True)
class Unusable:
    """Why an answer gives no score: status `failed`, `refused` or `ungrounded`."""

    status: str
    reason: str


def read_answer(text: str, request: PairRequest) -> Answer | Unusable:
    """Check an answer: JSON of the schema, a score of 0..100, quotes that really stand in the request."""
    try:
        data = json.loads(text)
    except ValueError:
        return Unusable("failed", "the answer is no complete JSON")
    if not isinstance(data, dict):
        return Unusable("failed", "the answer is no JSON object")
    score, reasoning = data.get("claude_score"), data.get("match_reasoning")
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 100:
        return Unusable("failed", "claude_score is no integer of 0 to 100")
    if not isinstance(reasoning, str) or not reasoning.strip():
        return Unusable("failed", "match_reasoning is missing")
    source = _level(request.profile + request.pair)
    offered: list[list[Any]] = [
        items for items in (data.get("key_alignments"), data.get("potential_gaps")) if isinstance(items, list)
    ]
    if len(offered) != 2:
        return Unusable("failed", "key_alignments or potential_gaps is no list")
    kept = [[item for item in items if _is_grounded(item, source)] for items in offered]
    if not kept[0] and not kept[1]:
        return Unusable("ungrounded", "no alignment or gap has a quote that stands in the posting or the profile")
    low, high = score_band(request.skill_percent)
    held = min(max(score, low - BAND_WIDTH, 0), high + BAND_WIDTH, 100)
    dropped = sum(map(len, offered)) - sum(map(len, kept))
    return Answer(held, score, clean_line(reasoning), _items(kept[0]), _items(kept[1]), dropped)


def _is_grounded(item: Any, source: str) -> bool:
    if not isinstance(item, dict):
        return False
    point, quote = item.get("point"), item.get("quote")
    return isinstance(point, str) and isinstance(quote, str) and bool(_level(quote)) and _level(quote) in source


def _items(items: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"point": clean_line(item["point"]), "quote": clean_line(item["quote"])} for item in items]


def _level(text: str) -> str:
    return clean_line(text).casefold().replace('\\"', '"')
