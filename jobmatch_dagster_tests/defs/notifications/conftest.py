"""Fixtures of digests: receivers on this machine, configured as channels."""

from collections.abc import Iterator

import pytest

from jobmatch_dagster.environment import environment
from jobmatch_dagster_tests.support.receivers import Hook, MailServer, mail_server, web_server

TOKEN = "token-4711"


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A web server."""
    with web_server() as running:
        yield running


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture(autouse=True)
def _channels(hook: Hook, mails: MailServer) -> Iterator[None]:
    chat = hook.url.replace("http:", "json:")
    addresses = (
        f"hook={hook.url}/{TOKEN}/{{user_key}}",
        f"chat={chat}/chat",
        f"mail=smtp://127.0.0.1:{mails.port}?from=jobs@example.org",
        "gone=http://127.0.0.1:9/token-4711",
    )
    with environment({"JOBMATCH_CHANNELS": " ".join(addresses)}):
        yield
