"""Failures of calls to Claude, in the four kinds that callers distinguish.

`PermanentFailure`: no call will work before a person changes something. `RequestRejectedError`: this request will never
be answered. `LostAnswerError`: no answer came, but the call may have been billed. `PassingFailure`: try again later.
"""

from typing import TYPE_CHECKING

from jobmatch_dagster.errors import PassingFailure, PermanentFailure, ServiceFailure

if TYPE_CHECKING:
    import anthropic

_KEY_STATUSES = (401, 402, 403, 404)
_PASSING_STATUSES = (408, 409, 429)


class RequestRejectedError(ServiceFailure):
    """The API will not answer this request, however often it is made."""


class LostAnswerError(PassingFailure):
    """No answer came, but the call may have been made and billed."""


def raise_unless_passing(error: "anthropic.APIStatusError", *, unknown_is_rejected: bool) -> None:
    """Raise for a status that a retry does not change.

    Args:
        error: the SDK's error.
        unknown_is_rejected: whether a 404 concerns the request alone, as for a batch that the API does not know.

    Raises:
        PermanentFailure: on a refused key, model or account.
        RequestRejectedError: if the API refuses this request alone.
    """
    status, kind = error.status_code, getattr(error, "type", None)
    if status == 404 and unknown_is_rejected:
        raise RequestRejectedError("the API does not know this batch (HTTP 404)") from None
    if status in _KEY_STATUSES or kind == "billing_error" or "credit balance" in str(error):
        raise PermanentFailure(
            f"Claude refuses the request (HTTP {status}, {kind}): check ANTHROPIC_API_KEY, the account's credit and "
            "CLAUDE_MODEL. No further call was made."
        ) from None
    if status not in _PASSING_STATUSES and status < 500:
        raise RequestRejectedError(f"the API refuses this request (HTTP {status}, {kind})") from None


def retry_after_s(error: "anthropic.APIStatusError") -> float:
    """Seconds that the server asks to wait; 0 if it does not say."""
    header = error.response.headers.get("retry-after", "")
    return float(header) if header.replace(".", "", 1).isdigit() else 0.0


def was_never_sent(error: "anthropic.APIConnectionError") -> bool:
    """Whether the connection failed before a request could be sent."""
    import httpx2

    return isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout)
