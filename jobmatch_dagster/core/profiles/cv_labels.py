"""Labels of a user's CVs: a person who looks for work in two fields hands in a CV for each."""

import re

from jobmatch_dagster.errors import InputError

DEFAULT_LABEL = "default"
"""The label of a CV that was handed in without one."""
MAX_CVS = 5
_LABEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class CvLabelError(InputError):
    """A text that cannot be the label of a CV, or a label that the user does not have."""


def is_label(text: str) -> bool:
    """Whether a text can be a label: lower-case letters, digits and hyphens, at most 32."""
    return _LABEL.fullmatch(text) is not None


def require_label(text: str) -> str:
    """The label.

    Raises:
        CvLabelError: if the text cannot be one.
    """
    if not is_label(text):
        raise CvLabelError(
            "A label of a CV is 1 to 32 lower-case letters, digits and hyphens, such as nurse, and begins with none "
            "of the last."
        )
    return text
