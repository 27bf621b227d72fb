"""Claude's answer: parsed, checked against what was sent, its score clamped to the band.

An answer that cannot be used becomes a status with a reason. It never becomes a score.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from jobmatch_dagster.core.contacts import remove_contacts
from jobmatch_dagster.core.enrichment.injection import visible
from jobmatch_dagster.core.enrichment.prompt import PairRequest, is_in_german, score_band
from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.matching.reason_words import german_names
from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.core.text import clean_line
from jobmatch_dagster.core.vocabulary.skill_search import find_skills
from jobmatch_dagster.core.vocabulary.skill_table import canonical

# How far a score may leave the band of the skill match, unless the resource sets another width.
BAND_WIDTH = 10

_MAX_ITEMS = 6
# Words of a title that an answer from a group repeats, and how many are enough.
_TITLE_WORDS, _ENOUGH_TITLE_WORDS = 5, 3
_MAX_REASONING_CHARACTERS, _MAX_POINT_CHARACTERS = 1_500, 300
_QUOTE_MARKS = str.maketrans({"“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "–": "-", "—": "-"})
_YEARS = re.compile(r"\b\d+(?:\.\d+)?\s?(?:\+|-\s?\d+)?\s?(?:years?|jahr(?:en?)?)\b")
# How a German word may go on: inflected, or "Deutschkenntnisse", "Bachelorabschluss".
_GERMAN_ENDING = r"(?:e?s|e|e?n|kenntniss\w+|abschl[uü]ss\w*)?\b"
# Naming one of these does not show that the reasoning is about this pair.
_NOT_SPECIFIC = frozenset({"title", "company", "language", "text", "responsibilities", "requirements"})


@dataclass(frozen=True)
class Answer:
    """A usable answer.

    Attributes:
        raw_score: Claude's own score, 0 to 100.
        reasoning: two short sentences.
        alignments: what fits, each item with a quote that was found in the request.
        gaps: what does not fit, likewise.
        dropped_items: number of items whose quote was not found.
        is_generic: whether the reasoning names no skill or fact of the pair.
    """

    raw_score: int
    reasoning: str
    alignments: list[dict[str, str]]
    gaps: list[dict[str, str]]
    dropped_items: int
    is_generic: bool


@dataclass(frozen=True)
class UnusableAnswer:
    """Why an answer gives no score: status `failed`, `refused` or `ungrounded`, and a reason."""

    status: str
    reason: str


@dataclass(frozen=True)
class ClampedScore:
    """A score clamped to its band. `deviation` is the signed distance of the raw score from the band."""

    score: int
    band_low: int
    band_high: int
    deviation: int


@dataclass(frozen=True)
class ScoredAnswer:
    """A usable answer with its clamped score."""

    answer: Answer
    clamped: ClampedScore


def clamp_to_band(raw_score: int, percent: float | None, width: int = BAND_WIDTH) -> ClampedScore:
    """Clamp a score to `width` points around the band of this skill match, and to 0 to 100."""
    low, high = score_band(percent)
    score = min(max(raw_score, low - width, 0), high + width, 100)
    deviation = raw_score - min(max(raw_score, low), high)
    return ClampedScore(score, low, high, deviation)


def choose_answer(
    first: Answer | UnusableAnswer, second: Answer | UnusableAnswer | None
) -> Answer | UnusableAnswer | None:
    """The answer that counts after one or two attempts; None: ask once more.

    Unusable answers and generic reasoning are asked again, refusals are not. The second answer counts only if it is
    better than the first.
    """
    if isinstance(first, Answer) and not first.is_generic:
        return first
    if isinstance(first, UnusableAnswer) and first.status == "refused":
        return first
    if second is None:
        return None
    return second if isinstance(second, Answer) else first if isinstance(first, Answer) else second


def reason_to_ask_again(first: Answer | UnusableAnswer) -> str:
    """What was wrong with a first answer, for the second request."""
    return first.reason if isinstance(first, UnusableAnswer) else "its reasons named no skill or fact of this pair"


def answer_text(message: JsonObject) -> str | None:
    """Text of a stored API message; None if it has none."""
    content = message.get("content")
    for block in content if isinstance(content, list) else ():
        if isinstance(block, dict) and block.get("type") == "text":
            text = block.get("text")
            return text if isinstance(text, str) else None
    return None


def read_answer(message: JsonObject, request: PairRequest) -> Answer | UnusableAnswer:
    """Check a stored API message: its stop reason, its JSON, its score, its quotes.

    One that was cut out of a group's answer (`groups.py`) must also repeat the title of its posting: an answer under
    the id of another posting is not taken for its own.
    """
    text = answer_text(message)
    stop_reason = message.get("stop_reason")
    if stop_reason == "refusal":
        return UnusableAnswer("refused", "Claude declined to answer")
    if stop_reason in ("max_tokens", "model_context_window_exceeded"):
        return UnusableAnswer("failed", "the answer was cut at the limit of its length")
    if text is None:
        return UnusableAnswer("failed", "the answer has no text")
    return _read_text(text, request, from_group="group" in message)


def _read_text(text: str, request: PairRequest, *, from_group: bool) -> Answer | UnusableAnswer:
    try:
        data: JsonValue = json.loads(text)
    except (ValueError, RecursionError):
        return UnusableAnswer("failed", "the answer is not complete JSON")
    if not isinstance(data, dict):
        return UnusableAnswer("failed", "the answer is not a JSON object")
    score, reasoning = data.get("claude_score"), data.get("match_reasoning")
    if isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 100:
        return UnusableAnswer("failed", "claude_score is not an integer from 0 to 100")
    if not isinstance(reasoning, str) or not clean_line(visible(reasoning)):
        return UnusableAnswer("failed", "match_reasoning is missing")
    alignments, gaps = data.get("key_alignments"), data.get("potential_gaps")
    if not (isinstance(alignments, list) and isinstance(gaps, list)):
        return UnusableAnswer("failed", "key_alignments or potential_gaps is not a list")
    sent = json.loads(request.profile)["profile"], json.loads(request.pair)["posting"]
    if from_group and not _repeats_title(data.get("title"), sent[1].get("title")):
        return UnusableAnswer("ungrounded", "it does not repeat the title of this posting")
    sources = [_fold_text(value) for facts in sent for value in _leaves(facts)]
    grounded_alignments, grounded_gaps = _grounded(alignments, sources), _grounded(gaps, sources)
    if not (grounded_alignments or grounded_gaps):
        return UnusableAnswer("ungrounded", "no alignment or gap quotes the posting or the profile")
    return Answer(
        raw_score=score,
        reasoning=_for_display(reasoning, _MAX_REASONING_CHARACTERS),
        alignments=grounded_alignments[:_MAX_ITEMS],
        gaps=grounded_gaps[:_MAX_ITEMS],
        dropped_items=len(alignments) + len(gaps) - len(grounded_alignments) - len(grounded_gaps),
        is_generic=_is_generic(reasoning, sent, request),
    )


def _repeats_title(said: JsonValue, title: JsonValue) -> bool:
    """Whether the first words of the title were repeated. A posting without a title that may be sent has none."""
    if not isinstance(title, str):
        return True
    words = _fold_text(title).split()[:_TITLE_WORDS]
    given = _fold_text(said).split()[:_TITLE_WORDS] if isinstance(said, str) else []
    return len(given) >= min(_ENOUGH_TITLE_WORDS, len(words)) and given == words[: len(given)]


def _grounded(items: Sequence[JsonValue], sources: Sequence[str]) -> list[dict[str, str]]:
    """Items with a point, and with a quote that occurs in one of the sources."""
    found = []
    for item in items:
        point, quote = (item.get("point"), item.get("quote")) if isinstance(item, dict) else (None, None)
        if not (isinstance(point, str) and isinstance(quote, str) and clean_line(visible(point))):
            continue
        words = _fold_text(quote).strip("\"'…. ")
        if words and any(_occurs_in(words, source) for source in sources):
            texts = {"point": point, "quote": quote}
            found.append({name: _for_display(text, _MAX_POINT_CHARACTERS) for name, text in texts.items()})
    return found


def _occurs_in(words: str, source: str) -> bool:
    """Whether the words occur in the source as whole words."""
    # One or two letters count as a value of their own ("C", "R", "Go"), not inside a sentence.
    if len(words) < 3:
        return words == source
    place = source.find(words)
    while place >= 0:
        before, after = source[:place][-1:], source[place + len(words) :][:1]
        if not (before.isalnum() and words[0].isalnum()) and not (after.isalnum() and words[-1].isalnum()):
            return True
        place = source.find(words, place + 1)
    return False


def _is_generic(reasoning: str, sent: Sequence[JsonObject], request: PairRequest) -> bool:
    """Whether the reasoning names none of the pair's skills, levels and other specific facts."""
    folded = _fold_text(reasoning)
    specific = {
        _fold_text(value)
        for facts in sent
        for name, fact in facts.items()
        if name not in _NOT_SPECIFIC
        for value in _leaves(fact)
    }
    if any(len(term) > 1 and _occurs_in(term, folded) for term in specific if not term.replace(".", "").isdigit()):
        return False
    if is_in_german(request) and _names_in_german(folded, sent):
        return False
    skills = {canonical(value) for facts in sent for value in _leaves(facts.get("skills"))}
    if skills & {canonical(surface) for surface in find_skills(reasoning)}:
        return False
    return not (_YEARS.search(folded) and any(character.isdigit() for character in request.pair))


def _names_in_german(folded: str, sent: Sequence[JsonObject]) -> bool:
    """Whether a German text names a field, an arrangement, a language or a level of the pair by its German word."""
    languages, levels = word_list("languages")["names"], word_list("titles")["seniority"]
    facts = {
        value for each in sent for name, fact in each.items() if name not in _NOT_SPECIFIC for value in _leaves(fact)
    }
    names = {name for fact in facts for name in (*german_names(fact), *languages.get(fact, ()), *levels.get(fact, ()))}
    return any(re.search(rf"\b{re.escape(_fold_text(name))}{_GERMAN_ENDING}", folded) for name in names)


def _for_display(text: str, most: int) -> str:
    """One line without contact data and hidden characters, which an ad may have asked for; cut to this length."""
    return clean_line(remove_contacts(visible(text), ""))[:most].strip()


def _leaves(value: JsonValue) -> Iterator[str]:
    """Every value inside nested JSON as text; names of fields are left out."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _leaves(inner)
    elif value is not None:
        yield str(value)


def _fold_text(text: str) -> str:
    return clean_line(text).casefold().translate(_QUOTE_MARKS)
