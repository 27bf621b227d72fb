"""The heartbeat: a ping to a monitor outside, which raises the alarm when pings stay away.

A notifier of this deployment cannot report that the machine, the daemon or the network is down. The monitor can.
"""

import time

import requests

from jobmatch_dagster.settings import OperationsSettings

_TIMEOUT_SECONDS = 5
_ATTEMPTS = 2
_PAUSE_SECONDS = 1


def heartbeat_is_configured() -> bool:
    """Whether there is an address to ping."""
    return bool(OperationsSettings.read().heartbeat_url.get_secret_value())


def ping_heartbeat() -> str | None:
    """GET `JOBMATCH_HEARTBEAT_URL`, twice at most; None after a ping that was accepted, else what went wrong.

    The address may contain a token: what is returned has the HTTP status or the class of the error, nothing else.
    """
    problem = None
    for attempt in range(_ATTEMPTS):
        if attempt:
            time.sleep(_PAUSE_SECONDS)
        problem = _ping(OperationsSettings.read().heartbeat_url.get_secret_value())
        if problem is None:
            return None
    return problem


def _ping(address: str) -> str | None:
    # The body is not read, so that a slow one costs nothing; a redirect could carry the token elsewhere.
    try:
        with requests.get(address, timeout=_TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer:
            return None if answer.ok and not answer.is_redirect else f"HTTP status {answer.status_code}"
    # A host name that cannot be encoded is a ValueError.
    except (requests.RequestException, ValueError) as error:
        return type(error).__name__
