"""Claude's answer: read, checked against what was sent, held near its band.

Put here what makes an answer usable. A failure is a status with a reason, never a score.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.enrichment.prompt import PairRequest, score_band
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.skills import canonical, find_skills

# How far a score may leave the band that the skill match gives, unless the resource says otherwise.
BAND_WIDTH = 10

_MAX_ITEMS = 6
_MAX_REASONING_CHARACTERS, _MAX_POINT_CHARACTERS = 1_500, 300
_QUOTE_MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-"})
_YEARS = re.compile(r"\b\d+(?:\.\d+)?\s?(?:\+|-\s?\d+)?\s?(?:years?|jahren?)\b")
# Parts of the sent facts that are no proof that the reasons look at this pair.
_TELLS_NOTHING = frozenset({"title", "company", "language", "text", "responsibilities", "requirements"})


@dataclass(frozen=True)
class Answer:
    """A usable answer.

    Attributes:
        raw_score: Claude's own score, 0 to 100.
        reasoning: two or three sentences.
        alignments: what fits, each with a quote that was found.
        gaps: what does not, likewise.
        dropped_items: items whose quote stands nowhere.
        is_generic: whether the reasons name no skill or fact of the pair.
    """

    raw_score: int
    reasoning: str
    alignments: list[dict[str, str]]
    gaps: list[dict[str, str]]
    dropped_items: int
    is_generic: bool


@dataclass(frozen=True)
class Unusable:
    """Why an answer gives no score: status `failed`, `refused` or `ungrounded`."""

    status: str
    reason: str


@dataclass(frozen=True)
class HeldScore:
    """A score held near its band. `deviation` is how far the raw score lies outside of it, signed."""

    score: int
    low: int
    high: int
    deviation: int


def hold(raw_score: int, percent: float | None, width: int = BAND_WIDTH) -> HeldScore:
    """Hold a score within `width` points of the band that this percent gives, and within 0 to 100."""
    low, high = score_band(percent)
    held = min(max(raw_score, low - width, 0), high + width, 100)
    deviation = raw_score - min(max(raw_score, low), high)
    return HeldScore(held, low, high, deviation)


def decide(first: Answer | Unusable, second: Answer | Unusable | None) -> Answer | Unusable | None:
    """What holds after one answer or two; None: ask once more.

    Asked again are unusable answers, but for refusals, and generic reasons. The second answer counts when it is the
    better one.
    """
    if isinstance(first, Answer) and not first.is_generic:
        return first
    if isinstance(first, Unusable) and first.status == "refused":
        return first
    if second is None:
        return None
    return second if isinstance(second, Answer) else first if isinstance(first, Answer) else second


def reason_to_ask_again(first: Answer | Unusable) -> str:
    """What was wrong with a first answer, for the second request."""
    return first.reason if isinstance(first, Unusable) else "its reasons named no skill or fact of this pair"


def text_of(message: Mapping[str, Any]) -> str | None:
    """The text of a message of the API as it was kept; None when it holds none."""
    return next((block.get("text") for block in message.get("content") or () if block.get("type") == "text"), None)


def read_answer(message: Mapping[str, Any], request: PairRequest) -> Answer | Unusable:
    """Check a message of the API as it was kept: its end, its JSON, its score, its quotes."""
    text = text_of(message)
    stop_reason = message.get("stop_reason")
    if stop_reason == "refusal":
        return Unusable("refused", "Claude declined to answer")
    if stop_reason in ("max_tokens", "model_context_window_exceeded"):
        return Unusable("failed", "the answer was cut at the limit of its length")
    if text is None:
        return Unusable("failed", "the answer holds no text")
    return _read_text(text, request)


def _read_text(text: str, request: PairRequest) -> Answer | Unusable:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return Unusable("failed", "the answer is no complete JSON")
    if not isinstance(data, dict):
        return Unusable("failed", "the answer is no JSON object")
    score, reasoning = data.get("claude_score"), data.get("match_reasoning")
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 100:
        return Unusable("failed", "claude_score is no integer of 0 to 100")
    if not isinstance(reasoning, str) or not clean_line(reasoning):
        return Unusable("failed", "match_reasoning is missing")
    offered: list[list[Any]] = [
        items for items in (data.get("key_alignments"), data.get("potential_gaps")) if isinstance(items, list)
    ]
    if len(offered) != 2:
        return Unusable("failed", "key_alignments or potential_gaps is no list")
    sent = json.loads(request.profile)["profile"], json.loads(request.pair)["posting"]
    sources = [_level(value) for facts in sent for value in _values(facts)]
    kept = [[item for item in items if _is_grounded(item, sources)] for items in offered]
    if not any(kept):
        return Unusable("ungrounded", "no alignment or gap has a quote that stands in the posting or the profile")
    return Answer(
        raw_score=score,
        reasoning=_shown(reasoning, _MAX_REASONING_CHARACTERS),
        alignments=_items(kept[0]),
        gaps=_items(kept[1]),
        dropped_items=sum(map(len, offered)) - sum(map(len, kept)),
        is_generic=_is_generic(reasoning, sent, request.pair),
    )


def _is_grounded(item: Any, sources: list[str]) -> bool:
    """Whether the item's quote stands in one of the values, from word to word."""
    if not isinstance(item, dict):
        return False
    point, quote = item.get("point"), item.get("quote")
    if not (isinstance(point, str) and isinstance(quote, str) and clean_line(point)):
        return False
    wanted = _level(quote).strip("\"'…. ")
    return bool(wanted) and any(_stands_in(wanted, source) for source in sources)


def _stands_in(words: str, source: str) -> bool:
    # A single letter or two prove something as a value of their own ("C", "R", "Go") and nothing inside a sentence.
    if len(words) < 3:
        return words == source
    place = source.find(words)
    while place >= 0:
        before, after = source[:place][-1:], source[place + len(words) :][:1]
        if not (before.isalnum() and words[0].isalnum()) and not (after.isalnum() and words[-1].isalnum()):
            return True
        place = source.find(words, place + 1)
    return False


def _is_generic(reasoning: str, sent: tuple[Mapping[str, Any], ...], pair: str) -> bool:
    """Whether the reasons name none of the skills, levels and fields of the pair."""
    level = _level(reasoning)
    concrete = {
        _level(value) for facts in sent for name, part in facts.items() if name not in _TELLS_NOTHING
        for value in _values(part)
    }  # fmt: skip
    if any(len(term) > 1 and _stands_in(term, level) for term in concrete if not term.replace(".", "").isdigit()):
        return False
    skills = {canonical(value) for facts in sent for value in facts.get("skills", ())}
    if skills & {canonical(surface) for surface in find_skills(reasoning)}:
        return False
    return not (_YEARS.search(level) and any(character.isdigit() for character in pair))


def _items(items: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        {"point": _shown(item["point"], _MAX_POINT_CHARACTERS), "quote": _shown(item["quote"], _MAX_POINT_CHARACTERS)}
        for item in items[:_MAX_ITEMS]
    ]


def _shown(text: str, most: int) -> str:
    """As it may be shown: one line without contact data, cut."""
    return clean_line(remove_contacts(text, ""))[:most].strip()


def _values(value: Any) -> Iterator[str]:
    """Every value of nested JSON as text; names of fields are none."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _values(inner)
    elif value is not None:
        yield str(value)


def _level(text: str) -> str:
    return clean_line(text).casefold().translate(_QUOTE_MARKS)
