"""Unknown fields of a profile: what Claude is asked, and which of its answers are accepted.

An answer is untrusted. A value is accepted only with a quote that occurs in the text that was sent, and only if the
quote states the value.
"""

import functools
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.core.json_values import JsonObject, JsonValue
from jobmatch_dagster.core.posting import INDUSTRIES
from jobmatch_dagster.core.profiles.cv.education import degrees_named
from jobmatch_dagster.core.profiles.cv.experience import level_of
from jobmatch_dagster.core.profiles.cv.spoken_languages import languages_named
from jobmatch_dagster.core.profiles.cv.titles import seniority_of
from jobmatch_dagster.core.profiles.cv.word_lists import shortened, word_list
from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.core.profiles.redact import redact

FILLABLE = ("education", "languages", "industries", "seniority", "experience_years")
_LIST_FIELDS = frozenset({"education", "languages", "industries"})
_MAX_CHARACTERS = 20_000
_MAX_YEARS = 60
_MIN_QUOTE_CHARACTERS = 3


@functools.cache
def answer_schema() -> JsonObject:
    """JSON schema of an answer: a list of values with quotes for every fillable field."""
    kinds: dict[str, JsonObject] = {
        "education": {"type": "string", "enum": list(word_list("education"))},
        "languages": {"type": "string", "enum": sorted(word_list("languages")["names"])},
        "industries": {"type": "string", "enum": list(INDUSTRIES)},
        "seniority": {"type": "string", "enum": list(word_list("titles")["seniority"])},
        "experience_years": {"type": "number"},
    }
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": _item_schema(kind)} for name, kind in kinds.items()},
        "required": list(kinds),
        "additionalProperties": False,
    }


def _item_schema(value: JsonObject) -> JsonObject:
    return {
        "type": "object",
        "properties": {"value": value, "quote": {"type": "string"}},
        "required": ["value", "quote"],
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class FillRequest(PairRequest):
    """A request about one CV: `profile` is its text without personal data, `pair` the fields asked for."""

    @property
    def has_text(self) -> bool:
        """Whether any text of the CV may be sent. A CV without headings gives none."""
        return bool(json.loads(self.profile)["cv"])

    @property
    def answer_schema(self) -> JsonObject:
        """JSON schema of an answer about a CV."""
        return answer_schema()

    def request_hash(self, user_id: int, model: str) -> str:
        """Identity of the request; it includes the user."""
        parts = (str(user_id), model, self.guidelines, self.profile, self.pair, json.dumps(answer_schema()))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def unknown_fields(profile: Profile) -> list[str]:
    """Fields that are unknown after the CV was read and that may be asked about."""
    return [name for name in FILLABLE if getattr(profile, name) is None]


def build_fill_request(cv_text: str, fields: Sequence[str]) -> FillRequest:
    """The request about these fields. Personal data is removed here, so that no caller can forget it."""
    guidelines = (
        resources.files("jobmatch_dagster.core.enrichment") / "data" / "prompts" / "fill_profile.md"
    ).read_text("utf-8")
    return FillRequest(
        guidelines=guidelines,
        profile=json.dumps({"cv": redact(cv_text)[:_MAX_CHARACTERS]}, ensure_ascii=False),
        pair=json.dumps({"fields": list(fields)}),
    )


def fill_fields(profile: Profile, fields: Sequence[str], answer: str, request: FillRequest) -> Profile | None:
    """The profile with the accepted values of an answer; None if none is accepted.

    Only the given fields change, whatever else the answer contains.
    """
    try:
        data: JsonValue = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    sent = _fold_text(json.loads(request.profile)["cv"])
    accepted: dict[str, Any] = {}
    evidence = dict(profile.evidence)
    for name in fields:
        items = _accepted_items(name, data.get(name) if isinstance(data, dict) else None, sent)
        if items:
            values = list(dict.fromkeys(value for value, _ in items))
            accepted[name] = values if name in _LIST_FIELDS else values[0]
            evidence[name] = shortened([f"Claude: {quote}" for _, quote in items])
    if "experience_years" in accepted:
        accepted["experience_years"] = round(float(accepted["experience_years"]), 1)
        accepted["experience_level"] = level_of(accepted["experience_years"])
    return replace(profile, **accepted, evidence=evidence) if accepted else None


def _accepted_items(name: str, items: JsonValue, sent: str) -> list[tuple[str | float, str]]:
    """(value, quote) of the items whose quote was sent and states the value."""
    found: list[tuple[str | float, str]] = []
    for item in items if isinstance(items, list) else ():
        value, quote = (item.get("value"), item.get("quote")) if isinstance(item, dict) else (None, None)
        if isinstance(value, str | int | float) and isinstance(quote, str):
            folded = _fold_text(quote)
            if len(folded) >= _MIN_QUOTE_CHARACTERS and folded in sent and _states(name, value, quote):
                found.append((value, quote))
    return found


def _states(name: str, value: str | float, quote: str) -> bool:
    """Whether a quote states the value of a field."""
    if name == "experience_years":
        numbers = [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", quote)]
        return (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and 0 < value <= _MAX_YEARS
            and value in numbers
        )
    if name == "languages":
        return value in languages_named(quote)
    if name == "education":
        return value in degrees_named(quote)
    if name == "seniority":
        found = seniority_of([quote])
        return found is not None and found[0] == value
    return value in INDUSTRIES


def _fold_text(text: str) -> str:
    return " ".join(text.casefold().split())
