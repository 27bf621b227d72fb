"""A user's own facts: what they say about their work where the CV is silent or was read wrongly.

They are applied on top of every reading of a CV, so no reading overwrites them. Belongs here: their shape, the parsing
of `profile.toml`, and how a profile looks with them.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from jobmatch_dagster.core.posting import EXPERIENCE_LEVELS, INDUSTRIES
from jobmatch_dagster.core.profiles.cv.experience import level_of
from jobmatch_dagster.core.profiles.cv.profile_text import restate_list
from jobmatch_dagster.core.profiles.cv.word_lists import EVIDENCE_CHARACTERS, word_list
from jobmatch_dagster.core.profiles.profile import Profile
from jobmatch_dagster.core.profiles.user_toml import (
    UserTomlError,
    distinct_texts,
    parse_toml,
    spoken_languages,
    texts,
    validated,
)
from jobmatch_dagster.core.vocabulary.skill_table import canonical

STATED = "stated by the user"
_MAX_YEARS = 60
# The CV's own evidence for a field that the user states says nothing about what counts.
_REPLACED_FIELDS = ("experience_years", "experience_level", "seniority", "industries", "languages")


class OwnFactsError(UserTomlError):
    """Own facts that cannot be accepted. The message names each field and its remedy, never a value."""


def _years(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_YEARS:
        raise OwnFactsError(f"must be a number of years from 0 to {_MAX_YEARS}, without quotes")
    return round(float(value), 1)


def _one_of(value: object, names: Sequence[str]) -> str:
    found = {name.casefold(): name for name in names}.get(value.strip().casefold() if isinstance(value, str) else "")
    if found is None:
        near = difflib.get_close_matches(value.casefold(), names, n=1, cutoff=0.7) if isinstance(value, str) else ()
        raise OwnFactsError(f"did you mean {near[0]}?" if near else f"must be among {', '.join(names)}")
    return found


def _level(value: object) -> str:
    return _one_of(value, EXPERIENCE_LEVELS)


def _seniority(value: object) -> str:
    return _one_of(value, tuple(word_list("titles")["seniority"]))


def _industries(value: object) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(_one_of(item, INDUSTRIES) for item in texts(value))) or None


class OwnFacts(BaseModel):
    """The columns of `user_facts` that a user sets, field for field. None: what the CV says counts.

    Lists are never empty. Years give their level, so the two may not contradict each other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    skills_added: Annotated[tuple[str, ...] | None, BeforeValidator(distinct_texts)] = None
    skills_removed: Annotated[tuple[str, ...] | None, BeforeValidator(distinct_texts)] = None
    experience_years: Annotated[float | None, BeforeValidator(_years)] = None
    experience_level: Annotated[str | None, BeforeValidator(_level)] = None
    seniority: Annotated[str | None, BeforeValidator(_seniority)] = None
    industries: Annotated[tuple[str, ...] | None, BeforeValidator(_industries)] = None
    languages: Annotated[tuple[str, ...] | None, BeforeValidator(spoken_languages)] = None

    @model_validator(mode="after")
    def _skills_have_one_side(self) -> "OwnFacts":
        if _ids(self.skills_added) & _ids(self.skills_removed):
            raise OwnFactsError("skills_removed: names a skill of skills_added; leave it in one of the two")
        return self

    @model_validator(mode="after")
    def _level_is_of_the_years(self) -> "OwnFacts":
        years, level = self.experience_years, self.experience_level
        if years is not None and level is not None and level_of(years) != level:
            raise OwnFactsError("experience_level: is not the level of experience_years; leave out one of the two")
        return self

    def as_row(self) -> dict[str, Any]:
        """Values by column; lists where the column is an array."""
        return self.model_dump(mode="json")

    @property
    def profile_fields(self) -> tuple[str, ...]:
        """Fields of a profile that these facts decide."""
        stated = {name for name in _REPLACED_FIELDS if getattr(self, name) is not None}
        if self.skills_added or self.skills_removed:
            stated.add("skills")
        if "experience_years" in stated:
            stated.add("experience_level")
        return tuple(sorted(stated))


OWN_FACTS_FIELDS = tuple(OwnFacts.model_fields)


@dataclass(frozen=True)
class StatedProfile:
    """A profile as it counts, the fields of it that the user states, and the reading without them."""

    profile: Profile
    stated: tuple[str, ...]
    reading: Profile


def parse_own_facts(content: bytes) -> OwnFacts:
    """Own facts from the content of a TOML file (`profile.toml`).

    Raises:
        OwnFactsError: if it is not TOML, or naming every field that is wrong.
    """
    return validate_own_facts(
        parse_toml(content, about="own facts", example='skills_added = ["SAP"]', error=OwnFactsError)
    )


def validate_own_facts(values: Mapping[str, Any]) -> OwnFacts:
    """Own facts from values by field name; of a field that is missing the CV's counts.

    Raises:
        OwnFactsError: naming every field that is wrong.
    """
    return validated(OwnFacts, values, error=OwnFactsError)


def apply_own_facts(reading: Profile, facts: OwnFacts) -> StatedProfile:
    """The profile that a reading and the user's own facts give together.

    Skills that the user adds come first. The evidence of a stated field says who states it. The sentences of the CV
    stay in the text that is embedded; its lists of skills and fields are the stated ones.
    """
    stated = facts.profile_fields
    values: dict[str, Any] = {name: getattr(facts, name) for name in stated if name in _REPLACED_FIELDS}
    if facts.experience_years is not None:
        values["experience_level"] = level_of(facts.experience_years)
    for name in ("industries", "languages"):
        if name in values:
            values[name] = list(values[name])
    if "skills" in stated:
        values["skills"] = _skills(reading.skills or (), facts)
    evidence = dict(reading.evidence) | {name: [STATED] for name in values if name != "skills"}
    if "skills" in stated:
        evidence["skills"] = [*_skill_evidence(facts), *reading.evidence.get("skills", ())]
    profile = replace(reading, **values, evidence=evidence)
    text = restate_list(reading.embedding_text, "Skills", reading.skills, profile.skills)
    text = restate_list(text, "Fields", reading.industries, profile.industries)
    return StatedProfile(replace(profile, embedding_text=text), stated, reading)


def profile_of(columns: Mapping[str, Any]) -> Profile:
    """The profile in a row of `cv_profiles`."""
    values = {field.name: columns[field.name] for field in fields(Profile)}
    if values["experience_years"] is not None:
        values["experience_years"] = float(values["experience_years"])
    return Profile(**values)


def reading_of(columns: Mapping[str, Any]) -> Profile:
    """What the CV alone gave, from a row of `cv_profiles`."""
    return replace(profile_of(columns), **(columns["reading"] or {}))


def _skills(read: Sequence[str], facts: OwnFacts) -> list[str] | None:
    """Added skills, then those of the CV that are neither removed nor the same as an added one."""
    left_out = _ids(facts.skills_added) | _ids(facts.skills_removed)
    return [*(facts.skills_added or ()), *(skill for skill in read if canonical(skill) not in left_out)] or None


def _skill_evidence(facts: OwnFacts) -> list[str]:
    parts = (("added", facts.skills_added), ("removed", facts.skills_removed))
    return [f"{STATED}: {verb} {', '.join(names)}"[:EVIDENCE_CHARACTERS] for verb, names in parts if names]


def _ids(skills: Sequence[str] | None) -> set[str]:
    return {canonical(skill) for skill in skills or ()}
