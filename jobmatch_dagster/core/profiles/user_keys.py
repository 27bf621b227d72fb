"""Which text can be a user key: it names a Dagster partition and a folder of the inbox."""

import hashlib
import re

from jobmatch_dagster.errors import InputError

# Control characters, and the marks that reverse the direction of a text.
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MAX_CHARACTERS = 200


class UserKeyError(InputError):
    """A text that cannot be a user key."""


def is_user_key(key: str) -> bool:
    """Whether a text can be a partition and a folder: one line without slash, leading dot or `...`."""
    return (
        bool(key)
        and len(key) <= _MAX_CHARACTERS
        and not key.startswith(".")
        and not any(mark in key for mark in ("...", "/", "\\"))
        and not CONTROL_CHARACTERS.search(key)
        and key.isprintable()
    )


def require_user_key(key: str) -> None:
    """Refuse a key that could lead out of the user's folder in the inbox.

    Raises:
        UserKeyError: if the text cannot be a user key.
    """
    if not is_user_key(key):
        raise UserKeyError(
            f"{key!r} cannot be a user key: it is one line of text, not empty, without slash, control character, "
            "leading dot or `...`."
        )


def hash_user_key(key: str, salt: str) -> str:
    """Salted hash of a key, in hex; the salt is hex too.

    It takes about 20 ms (scrypt), so that keys that can be guessed, such as mail addresses, take long to be tried.
    """
    return hashlib.scrypt(key.encode(), salt=bytes.fromhex(salt), n=2**13, r=8, p=1).hex()
