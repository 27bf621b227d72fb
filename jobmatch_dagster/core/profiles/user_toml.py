"""What a person writes about themselves in a TOML file: limits, kinds of values, and errors that name the field.

Belongs here: what `preferences.toml` and `profile.toml` share.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from jobmatch_dagster.core.profiles.cv.word_lists import word_list
from jobmatch_dagster.errors import InputError

MAX_FILE_BYTES = 64 * 1024
_MAX_ENTRIES = 100
_MAX_CHARACTERS = 100
_Model = TypeVar("_Model", bound=BaseModel)


class UserTomlError(InputError):
    """A file or a value that cannot be accepted. The message names each field and its remedy, never a value."""


def parse_toml(content: bytes, *, about: str, example: str, error: type[UserTomlError]) -> dict[str, Any]:
    """Values by field name.

    Args:
        content: of the file.
        about: what the file is about, for the error on its size.
        example: a line as it may be, for the error on its syntax.
        error: raised if the file is too large, or is not TOML in UTF-8.
    """
    if len(content) > MAX_FILE_BYTES:
        raise error(f"the file is larger than {MAX_FILE_BYTES // 1024} KiB: {about} are a few lines")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise error("the file is not UTF-8: save it as UTF-8 text") from None
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        line = re.search(r"line \d+", str(problem))
        where = f" ({line[0]})" if line else ""
        raise error(f"the file is not TOML{where}: write lines such as {example}") from None


def validated(model: type[_Model], values: Mapping[str, Any], *, error: type[UserTomlError]) -> _Model:
    """The model with these values; `error`, which names every field that is wrong, is raised if there is one."""
    try:
        return model.model_validate({_printable(name): value for name, value in values.items()})
    except ValidationError as found:
        # Not chained: the original names the values.
        problems = [_message(problem, tuple(model.model_fields)) for problem in found.errors()]
        raise error("; ".join(problems)) from None


def texts(value: object) -> list[str]:
    """A list of short texts without control characters, blanks collapsed; one text is a list of one."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, Sequence) or not all(isinstance(item, str) for item in values):
        raise UserTomlError('must be a list of texts, such as ["Berlin", "Hamburg"]')
    cleaned = [" ".join(item.split()) for item in values]
    if len(cleaned) > _MAX_ENTRIES or any(not 0 < len(item) <= _MAX_CHARACTERS for item in cleaned):
        raise UserTomlError(f"must be at most {_MAX_ENTRIES} texts of 1 to {_MAX_CHARACTERS} characters each")
    if any(not item.isprintable() for item in cleaned):
        raise UserTomlError("contains control characters: write plain text")
    return cleaned


def distinct_texts(value: object) -> tuple[str, ...] | None:
    """Each text once, in the spelling that comes first; None for an empty list."""
    once: dict[str, str] = {}
    for item in texts(value):
        once.setdefault(item.casefold(), item)
    return tuple(once.values()) or None


def spoken_languages(value: object) -> tuple[str, ...] | None:
    """English names of languages that are given in English, in German or as codes; None for an empty list."""
    words = word_list("languages")
    english = {name: known for known, names in words["names"].items() for name in names} | words["codes"]
    found = [english.get(item.casefold()) for item in texts(value)]
    if None in found:
        raise UserTomlError("must be languages by their English or German name, such as German")
    return tuple(dict.fromkeys(str(name) for name in found)) or None


def _message(problem: Mapping[str, Any], fields: Sequence[str]) -> str:
    """One of pydantic's errors: of an unknown field, of a field's value, or (without a place) of the whole."""
    place: tuple[str, ...] = problem["loc"]
    unknown = problem["type"] == "extra_forbidden"
    remedy = _remedy(place[0], fields) if unknown else str(problem["ctx"]["error"])
    return ": ".join([*place, remedy])


def _remedy(unknown: str, fields: Sequence[str]) -> str:
    near = difflib.get_close_matches(unknown.casefold(), fields, n=1)
    remedy = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(fields)}"
    return f"no such field; {remedy}"


def _printable(name: str) -> str:
    """A field's name as a message may show it: names are untrusted too."""
    return name if re.fullmatch(r"\w{1,40}", name) else "(a field with an odd name)"
