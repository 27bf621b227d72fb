"""Expected errors: `JobmatchError` and its families. Each error is defined beside the code that raises it.

The message is for the person who reads it: one or two sentences that name the record, field, file or variable and
the remedy. It never contains a secret or text of a CV. The command line prints it and exits with code 1; any other
exception is a bug and keeps its traceback.
"""


class JobmatchError(Exception):
    """Base of every expected error."""


class InputError(JobmatchError, ValueError):
    """Something that a person or another system gave cannot be used: a file, a record, a key, an hour."""


class NotFoundError(JobmatchError, LookupError):
    """The database has no such user, posting or match."""


class ConfigurationError(JobmatchError):
    """This deployment is not set up for what it should do: a setting, a model or a file is missing or wrong."""


class DatabaseError(JobmatchError):
    """The database does not answer, refuses, or has another schema."""


class ServiceFailure(JobmatchError):  # noqa: N818 (the field's own word for it)
    """Another service did not do what it was asked to do. Every layer of retries distinguishes the kinds below."""


class PermanentFailure(ServiceFailure):
    """A retry cannot help: a person must change a key, a plan or a setting first.

    The client does not retry, the step fails without a retry, the run is not retried.
    """


class PassingFailure(ServiceFailure):
    """The service was busy, broken or unreachable; a later attempt may succeed.

    Args:
        message: what happened.
        wait_s: seconds that the service asks to wait; None when it names none.
    """

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s
