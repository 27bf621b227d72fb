"""What can be wrong with the input of the demo."""

from jobmatch_dagster.errors import InputError


class DemoInputError(InputError):
    """The folder given to the demo does not hold what it needs; the message says what and how to mend it."""
