"""Messages: bytes that do not change between attempts, and texts that no reader obeys."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobmatch_dagster.core.notifications.digest import Digest, Line, as_html, as_markdown
from jobmatch_dagster.core.notifications.message import Message, NotAnAddressError, as_mail, as_payload, as_text

_LINE = Line("1", "Nurse", "A&B", "Bonn", "https://example.org/@ada", 80, "fits", True, ["Hygiene"], None)
_DIGEST = Digest("2026-11-19", datetime(2026, 11, 20, 4, tzinfo=UTC), "0123456789abcdef" * 4, [_LINE])
_MESSAGE = Message("mail", "ada", "ada@example.org", [_DIGEST])


def _mail(message: Message) -> bytes:
    return as_mail(message, sender="jobs@example.org", recipient=message.email or "").as_bytes()


def test_every_attempt_has_the_same_bytes() -> None:
    assert _mail(_MESSAGE) == _mail(_MESSAGE)
    assert as_payload(_MESSAGE) == as_payload(_MESSAGE)
    other = replace(_MESSAGE, channel="second")
    assert other.key != _MESSAGE.key
    assert f"Message-ID: <{_MESSAGE.key}@example.org>".encode() in _mail(_MESSAGE)


@pytest.mark.parametrize("address", ["", "ada", "a@b@c", "ada@example.org, eve@example.org", "ada@x.org\nBcc: e@x.org"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(NotAnAddressError):
        as_mail(_MESSAGE, sender="jobs@example.org", recipient=address)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=400))
def test_no_text_of_an_ad_is_obeyed(text: str) -> None:
    hostile = f"@everyone {text}](https://evil.example) <!channel> <@1>"
    line = replace(_LINE, title=hostile, company=text, place=text, reason=hostile, missing=[text], url=text)
    digest = replace(_DIGEST, lines=[line])
    shown = as_text(digest)
    assert not any(mark in shown for mark in ("@everyone", "](https", "<!", "<@"))
    message = replace(_MESSAGE, digests=[digest])
    headers = _mail(message).partition(b"\n\n")[0]
    assert headers == _mail(_MESSAGE).partition(b"\n\n")[0]
    assert len(as_html(digest)) + len(as_markdown(digest)) + len(as_payload(message)) < 60_000
