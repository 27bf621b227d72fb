"""A webhook that is told of failed runs, if one is configured.

Put here how a message is sent. What it says belongs to the sensor.
"""

import os
from collections.abc import Mapping
from typing import Any

import requests

WEBHOOK_VARIABLE = "JOBMATCH_FAILURE_WEBHOOK"
_TIMEOUT_SECONDS = 10


def tell_webhook(message: Mapping[str, Any]) -> str | None:
    """POST the message as JSON; gives the HTTP status or the class of what went wrong, None without a webhook.

    The address may hold a token: it is in no return value and no log.
    """
    address = os.environ.get(WEBHOOK_VARIABLE)
    if not address:
        return None
    try:
        answer = requests.post(address, json=dict(message), timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)
