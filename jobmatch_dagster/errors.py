"""Two kinds of failure, which every layer of retries tells apart.

Permanent: trying again cannot help; the client does not retry, the step fails without a retry, the run is
not retried. Passing: worth another try later. Messages say what happened and what to do; never a secret.
"""


class PermanentFailure(RuntimeError):  # noqa: N818 (the field's own word for it)
    """A person must change something first: a key, a plan, a setting."""


class PassingFailure(RuntimeError):  # noqa: N818
    """The other side was busy, broken or out of reach; later it may not be.

    Args:
        message: what happened.
        wait_s: seconds that the other side asks to be left alone; None when it did not say.
    """

    def __init__(self, message: str, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.wait_s = wait_s
