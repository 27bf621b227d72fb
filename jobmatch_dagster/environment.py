"""The environment: how settings are read from it, checked and described, and how a block of code changes it.

No other module touches `os.environ`. Which variables there are is in `settings.py`.
"""

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict
from rapidfuzz.distance import OSA

from jobmatch_dagster.errors import ConfigurationError

# Nobody else has this prefix: a variable with it that is no setting is a mistake.
_OWN_PREFIX = "JOBMATCH_"
# Other programs share this prefix (CLAUDE_API_KEY, CLAUDE_CODE_...): only a misspelled setting is a mistake.
_SHARED_PREFIX = "CLAUDE_"
# Kubernetes and Docker set these for a service that is called jobmatch.
_SERVICE_VARIABLE = re.compile(
    r"JOBMATCH_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)"
)
# A name is misspelled if an edit for every so many characters, a transposition counting as one, makes it a setting.
_CHARACTERS_PER_EDIT = 4


class SettingsError(ConfigurationError):
    """A variable is malformed or unknown. The message names it and what it takes, never its value."""


@dataclass(frozen=True)
class Takes:
    """What a type of setting takes, as the end of "must be ..."."""

    text: str


@dataclass(frozen=True)
class Variable:
    """An environment variable as its documentation shows it; `default` is Markdown, "" where there is none."""

    name: str
    field: str
    takes: str
    default: str
    meaning: str


class SettingsGroup(BaseSettings):
    """Settings of one subject; the docstring of a group is its title."""

    model_config = SettingsConfigDict(
        case_sensitive=True,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    @classmethod
    def read(cls) -> Self:
        """The settings as the environment has them now.

        Raises:
            SettingsError: if a variable has a value that it does not take.
        """
        try:
            return cls()
        except ValidationError as error:
            takes = {variable.name: variable.takes for variable in cls.variables()}
            wrong = dict.fromkeys(str(problem["loc"][0]) for problem in error.errors())
            raise SettingsError(" ".join(f"{name} must be {takes[name]}." for name in wrong)) from None

    @classmethod
    def variables(cls) -> list[Variable]:
        """The variables of the group, in order."""
        return [_describe(name, info) for name, info in cls.model_fields.items()]


def variable(name: str, default: Any, meaning: str, *, shown: str = "") -> Any:
    """A field that is read from the variable `name`; `shown` describes a default that says nothing by its value."""
    return Field(default=default, validation_alias=name, description=meaning, json_schema_extra={"shown": shown})


def config_field(group: type[SettingsGroup], name: str) -> Any:
    """A field of a Dagster resource with the default and meaning of a setting."""
    info = group.model_fields[name]
    default = info.default.get_secret_value() if isinstance(info.default, SecretStr) else info.default
    meaning = f"{info.description} ({info.validation_alias})"
    return Field(default="" if default is None else default, description=meaning)


def check_environment(groups: Sequence[type[SettingsGroup]]) -> None:
    """Refuse malformed settings and misspelled ones. Variables of other programs are ignored.

    Raises:
        SettingsError: naming every variable that is wrong and what it takes.
    """
    known = {variable.name for group in groups for variable in group.variables()}
    problems = [problem for name in sorted(os.environ) if (problem := _problem_with_name(name, known))]
    for group in groups:
        try:
            group.read()
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError(" ".join(problems))


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (None: unset) for the length of the block, for this process and its children."""
    before = {name: os.environ.get(name) for name in variables}
    _set(variables)
    try:
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _describe(field: str, info: FieldInfo) -> Variable:
    extra = info.json_schema_extra
    shown = str(extra["shown"]) if isinstance(extra, dict) else ""
    (takes,) = (item.text for item in info.metadata if isinstance(item, Takes))
    default = shown or _default_text(info.default)
    return Variable(str(info.validation_alias), field, takes, default, info.description or "")


def _default_text(value: Any) -> str:
    if value is None or isinstance(value, SecretStr):
        return ""
    return f"`{int(value) if isinstance(value, bool) else value}`"


def _problem_with_name(name: str, known: Collection[str]) -> str | None:
    """Why a variable is a mistake; None if it is a setting, or may belong to another program."""
    prefix = next((prefix for prefix in (_OWN_PREFIX, _SHARED_PREFIX) if name.startswith(prefix)), None)
    if prefix is None or name in known or _SERVICE_VARIABLE.fullmatch(name):
        return None
    settings = sorted(setting for setting in known if setting.startswith(prefix))
    if near := _nearest(name, settings, prefix):
        return f"{name} is not a setting; did you mean {near}?"
    if prefix == _OWN_PREFIX:
        return f"{name} is not a setting; those that start with {prefix} are {', '.join(settings)}."
    return None


def _nearest(name: str, settings: Sequence[str], prefix: str) -> str | None:
    """The setting that a name misspells; None if it is far from all of them."""
    distances = {setting: OSA.distance(name, setting) for setting in settings}
    near = min(distances, key=lambda setting: distances[setting] / (len(setting) - len(prefix)), default=None)
    if near is None or distances[near] > (len(near) - len(prefix)) / _CHARACTERS_PER_EDIT:
        return None
    return near
