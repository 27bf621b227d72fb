"""Several postings of one person in one request, and the answer cut into one message for each posting.

The person's facts are sent once. Each posting has an id that no ad can guess; its answer repeats the id and the first
words of its title. The messages are stored and checked (`answer.py`) as if each posting had been asked about alone.
"""

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

from jobmatch_dagster.core.enrichment.answer import answer_text
from jobmatch_dagster.core.enrichment.prompt import ANSWER_FIELDS, PairRequest, guidelines
from jobmatch_dagster.core.json_values import JsonObject, JsonValue

# Generation of the part of the prompt that only groups have. The version adds a hash of its text and schema.
_PROMPT_NAME = "explain_group-1"
_ID_CHARACTERS = 8
_CUT = ("max_tokens", "model_context_window_exceeded")


@dataclass(frozen=True)
class GroupRequest(PairRequest):
    """A request about several postings of one person: `pair` is the list of them, each with its id.

    Attributes:
        postings: how many there are.
    """

    postings: int = 2

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        return self.postings

    @property
    def answer_schema(self) -> JsonObject:
        """JSON schema of a list of answers."""
        return group_schema()


@dataclass(frozen=True)
class SplitAnswer:
    """A group's answer by posting id: a message for each posting with one answer, a reason for each other."""

    messages: dict[str, JsonObject]
    problems: dict[str, str]


def posting_id(request_hash: str) -> str:
    """Id of a posting inside a group: the same however pairs are grouped, and unknown to whoever wrote the ad."""
    return request_hash[:_ID_CHARACTERS]


def build_group_request(members: Sequence[tuple[str, PairRequest]]) -> GroupRequest:
    """One request from the first attempts of several pairs of one person.

    Args:
        members: id of the posting and the request about it; all have the same profile.

    Raises:
        ValueError: if profiles or ids do not allow one request; a group would answer for another person.
    """
    profiles, ids = {request.profile for _, request in members}, {key for key, _ in members}
    if len(profiles) != 1 or len(ids) != len(members):
        raise ValueError("a group needs one profile and an id for each posting")
    pairs = [{"id": key, **json.loads(request.pair)} for key, request in members]
    return GroupRequest(
        # One profile is one language, which the guidelines of each member end with.
        guidelines=group_guidelines() + members[0][1].guidelines.removeprefix(guidelines()),
        profile=profiles.pop(),
        # The id comes first, so that the posting is read with its id in mind.
        pair=json.dumps({"pairs": pairs}, ensure_ascii=False),
        postings=len(members),
    )


def split_answer(message: JsonObject, ids: Sequence[str]) -> SplitAnswer:
    """Cut a group's answer into one message for each posting. Whatever the message is, this raises nothing.

    An id that is missing or comes twice gives no answer for its posting; an unknown id is ignored.

    Args:
        message: the API's message.
        ids: ids of the postings that were asked about.
    """
    found = _items(message)
    if isinstance(found, str):
        return SplitAnswer({}, dict.fromkeys(ids, found))
    split = SplitAnswer({}, {})
    shared = {name: value for name, value in message.items() if name not in ("content", "usage")}
    for key in ids:
        own = [text for item_id, text in found if item_id == key]
        if len(own) == 1:
            group: JsonObject = {"postings": len(ids), "prompt": group_version()}
            split.messages[key] = {**shared, "content": [{"type": "text", "text": own[0]}], "group": group}
        else:
            how_many = "no answer" if not own else "more than one answer"
            split.problems[key] = f"the answer to several postings has {how_many} for this one"
    return split


def _items(message: JsonObject) -> list[tuple[str, str]] | str:
    """Id and JSON of each item of the answer; a reason if there are no items."""
    stop_reason, text = message.get("stop_reason"), answer_text(message)
    if stop_reason == "refusal":
        return "Claude declined to answer about several postings"
    if stop_reason in _CUT or text is None:
        return "the answer to several postings was cut, or has no text"
    try:
        data: JsonValue = json.loads(text)
        items = data.get("answers") if isinstance(data, dict) else None
        if not isinstance(items, list):
            return "the answer to several postings is not a list"
        # Escaped, so that the ledger can store whatever characters the answer has.
        return [
            (item["id"], json.dumps({name: value for name, value in item.items() if name != "id"}))
            for item in items
            if isinstance(item, dict) and isinstance(item.get("id"), str)
        ]
    except (ValueError, RecursionError):
        return "the answer to several postings is not complete JSON"


@functools.cache
def group_guidelines() -> str:
    """The guidelines of a group, exactly as they are sent: those of one pair, and what a group adds."""
    return guidelines() + _addition()


@functools.cache
def group_schema() -> JsonObject:
    """JSON schema of a list of answers: those of one pair, each with the id and the words of the title."""
    fields: dict[str, JsonObject] = {
        "id": {"type": "string"},
        "title": {"type": "string", "description": "First five words of its title, copied letter for letter"},
        **ANSWER_FIELDS,
    }
    item: JsonObject = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"answers": {"type": "array", "items": item}},
        "required": ["answers"],
        "additionalProperties": False,
    }


@functools.cache
def group_version() -> str:
    """Generation, and a hash of what a group adds to guidelines and schema; stored with each answer from a group."""
    content = _addition() + json.dumps(group_schema(), sort_keys=True)
    return f"{_PROMPT_NAME}-{hashlib.sha256(content.encode()).hexdigest()[:8]}"


def _addition() -> str:
    folder = resources.files("jobmatch_dagster.core.enrichment") / "data" / "prompts"
    return (folder / "explain_group.md").read_text("utf-8")
