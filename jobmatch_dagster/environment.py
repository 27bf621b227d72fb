"""The environment: how settings are read from it, checked and described, and how a block of code changes it.

No other module touches `os.environ`. Which variables there are is in `settings.py`.
"""

import difflib
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from pydantic import Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobmatch_dagster.errors import ConfigurationError

# Prefixes of the project: another variable with one of them is probably a misspelling.
_PREFIXES = ("JOBMATCH_", "CLAUDE_")
# Except those that others set: Kubernetes and Docker for a service called jobmatch, Claude Code for itself.
_FOREIGN = re.compile(
    r"JOBMATCH_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT|PORT_\d+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO))?)"
    r"|CLAUDE_(CODE|AGENT_SDK|PLUGIN)_\w+|CLAUDE_(CONFIG_DIR|ENV_FILE|PROJECT_DIR)"
)


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
    """Refuse malformed settings, and variables that look like settings and are none.

    Raises:
        SettingsError: naming every variable that is wrong and what it takes.
    """
    known = {variable.name for group in groups for variable in group.variables()}
    problems = [
        _unknown(name, known)
        for name in sorted(os.environ)
        if name.startswith(_PREFIXES) and name not in known and not _FOREIGN.fullmatch(name)
    ]
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


def _unknown(name: str, known: Collection[str]) -> str:
    if near := difflib.get_close_matches(name, known, n=1, cutoff=0.75):
        return f"{name} is not a setting; did you mean {near[0]}?"
    prefix = next(prefix for prefix in _PREFIXES if name.startswith(prefix))
    others = sorted(other for other in known if other.startswith(prefix))
    return f"{name} is not a setting; those that start with {prefix} are {', '.join(others)}."
