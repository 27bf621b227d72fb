"""Filling unknown fields of a profile by Claude: what is asked, and what of an answer is believed.

Put here request and check. An answer is untrusted: a value counts only with a quote that stands in the very text that
was sent, and only when the quote says the value.
"""

import functools
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

from jobmatch_dagster.core.enrichment.prompt import PairRequest
from jobmatch_dagster.core.posting import INDUSTRIES
from jobmatch_dagster.core.profiles.cv.experience import level_of
from jobmatch_dagster.core.profiles.cv.facts import languages_named, levels_named
from jobmatch_dagster.core.profiles.cv.titles import seniority_of
from jobmatch_dagster.core.profiles.cv.vocabulary import shortened, table
from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.core.profiles.redact import redact

FILLABLE = ("education", "languages", "industries", "seniority", "experience_years")
_MAX_CHARACTERS = 20_000
_MAX_YEARS = 60
_MIN_QUOTE_CHARACTERS = 3


def _item(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"value": value, "quote": {"type": "string"}},
        "required": ["value", "quote"],
        "additionalProperties": False,
    }


@functools.cache
def answer_schema() -> dict[str, Any]:
    """JSON schema of an answer: for every fillable field a list of values with quotes."""
    kinds: dict[str, dict[str, Any]] = {
        "education": {"type": "string", "enum": list(table("education"))},
        "languages": {"type": "string", "enum": sorted(table("languages")["names"])},
        "industries": {"type": "string", "enum": list(INDUSTRIES)},
        "seniority": {"type": "string", "enum": list(table("titles")["seniority"])},
        "experience_years": {"type": "number"},
    }
    return {
        "type": "object",
        "properties": {name: {"type": "array", "items": _item(kind)} for name, kind in kinds.items()},
        "required": list(kinds),
        "additionalProperties": False,
    }


@dataclass(frozen=True)
class FillRequest(PairRequest):
    """A question about one CV: `profile` is its text without personal data, `pair` the fields asked for."""

    @property
    def has_text(self) -> bool:
        """Whether anything of the CV may be sent; nothing may of one without headings."""
        return bool(json.loads(self.profile)["cv"])

    @property
    def answer_schema(self) -> dict[str, Any]:
        """Schema of this kind of answer."""
        return answer_schema()

    def request_hash(self, user_id: int, model: str) -> str:
        """Identity of the question; it is the user's own."""
        parts = (str(user_id), model, self.guidelines, self.profile, self.pair, json.dumps(answer_schema()))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def unknown_fields(profile: Profile) -> list[str]:
    """Fields that the CV's reading left unknown and that may be asked for."""
    return [name for name in FILLABLE if getattr(profile, name) is None]


def build_fill_request(cv_text: str, fields: Sequence[str]) -> FillRequest:
    """The question about these fields; personal data is removed here, so that no caller can forget it."""
    guidelines = (
        resources.files("jobmatch_dagster.core.enrichment") / "data" / "prompts" / "fill_profile.md"
    ).read_text("utf-8")
    return FillRequest(
        guidelines=guidelines,
        profile=json.dumps({"cv": redact(cv_text)[:_MAX_CHARACTERS]}, ensure_ascii=False),
        pair=json.dumps({"fields": list(fields)}),
    )


def filled(profile: Profile, fields: Sequence[str], answer: str, request: FillRequest) -> Profile | None:
    """The profile with what can be believed of an answer, None when nothing can.

    Known fields are never touched, whatever the answer says of them.
    """
    try:
        said = json.loads(answer)
        sent = _level(json.loads(request.profile)["cv"])
    except ValueError:
        return None
    found: dict[str, Any] = {}
    evidence = dict(profile.evidence)
    for name in fields:
        items = said.get(name) if isinstance(said, dict) else None
        believed = [item for item in items if _is_told(name, item, sent)] if isinstance(items, list) else []
        if believed:
            values = list(dict.fromkeys(item["value"] for item in believed))
            found[name] = values if name in {"education", "languages", "industries"} else values[0]
            evidence[name] = shortened([f"Claude: {item['quote']}" for item in believed])
    if "experience_years" in found:
        found["experience_years"] = round(float(found["experience_years"]), 1)
        found["experience_level"] = level_of(found["experience_years"])
    return replace(profile, **found, evidence=evidence) if found else None


def _is_told(name: str, item: Any, sent: str) -> bool:
    """Whether an item of an answer has a quote that was sent, and whether the quote says the value."""
    if not isinstance(item, dict) or not isinstance(item.get("quote"), str):
        return False
    value, quote = item.get("value"), item["quote"]
    level = _level(quote)
    if len(level) < _MIN_QUOTE_CHARACTERS or level not in sent:
        return False
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
        return value in levels_named(quote)
    if name == "seniority":
        told = seniority_of([quote])
        return told is not None and told[0] == value
    return value in INDUSTRIES


def _level(text: str) -> str:
    return " ".join(text.casefold().split())
