"""The webhook for failed runs: how a message is sent. The sensor writes it."""

from collections.abc import Mapping
from typing import Any

import requests

from jobmatch_dagster.settings import OperationsSettings

_TIMEOUT_SECONDS = 10


def tell_webhook(message: Mapping[str, Any]) -> str | None:
    """POST the message as JSON; gives the HTTP status or the class of what went wrong, None without a webhook.

    The address may hold a token: it is in no return value and no log.
    """
    address = OperationsSettings.read().failure_webhook.get_secret_value()
    if not address:
        return None
    try:
        answer = requests.post(address, json=dict(message), timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)
