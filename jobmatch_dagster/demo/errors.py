"""The error of the demo's input."""

from jobmatch_dagster.errors import InputError


class DemoInputError(InputError):
    """A folder given to the demo has no usable file; the message says what it needs."""
