"""The webhook for failed runs: how a message is sent. The sensor writes it."""

from collections.abc import Mapping
from typing import Any

import requests

from jobmatch_dagster.settings import OperationsSettings

_TIMEOUT_SECONDS = 10


def post_to_webhook(message: Mapping[str, Any]) -> str | None:
    """POST the message as JSON; returns the HTTP status or the class of the error, None without a webhook.

    The address may contain a token: no return value and no log has it.
    """
    address = OperationsSettings.read().failure_webhook.get_secret_value()
    if not address:
        return None
    try:
        answer = requests.post(address, json=dict(message), timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)
