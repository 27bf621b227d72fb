"""The notifier: who operates the deployment hears of failed runs, failed checks and stale assets.

A message goes to the webhook as JSON, and as text to every address of `JOBMATCH_NOTIFY` (e-mail, Slack, Teams, ntfy and
what else Apprise knows). The sensors write it; it names no user and quotes no error.
"""

from collections.abc import Mapping
from typing import Any

import requests

from jobmatch_dagster.settings import OperationsSettings

_TIMEOUT_SECONDS = 10


def notify(title: str, message: Mapping[str, Any]) -> str | None:
    """Send a message everywhere; returns what became of it, None where there is no address.

    Addresses may contain a token: no return value and no log has one.
    """
    settings = OperationsSettings.read()
    outcomes = [
        _post(settings.failure_webhook.get_secret_value(), message),
        _send(settings.notify.get_secret_value(), title, message),
    ]
    return "; ".join(outcome for outcome in outcomes if outcome) or None


def _post(address: str, message: Mapping[str, Any]) -> str:
    """The HTTP status or the class of the error; "" without a webhook."""
    if not address:
        return ""
    try:
        answer = requests.post(address, json=dict(message), timeout=_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        return type(error).__name__
    return str(answer.status_code)


def _send(addresses: str, title: str, message: Mapping[str, Any]) -> str:
    """Whether Apprise reached every address; "" without one."""
    if not addresses:
        return ""
    import apprise

    sender = apprise.Apprise()
    if not sender.add(addresses.split()):
        return "an address of JOBMATCH_NOTIFY is not one"
    body = "\n".join(f"{name.replace('_', ' ')}: {value}" for name, value in message.items() if value is not None)
    return "sent" if sender.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT) else "not sent"
