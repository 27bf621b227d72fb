"""A digest on its way to one person by one channel: as a mail, as the JSON of a webhook, and as text for a chat."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from jobmatch_dagster.core.notifications.digest import Digest, as_html
from jobmatch_dagster.errors import InputError

# Between two characters that a chat would read as a mention, a command or a hidden link.
_JOINER = "\u2060"


class NotAnAddressError(InputError):
    """A text that is no mail address; the message does not contain it."""


@dataclass(frozen=True)
class Message:
    """What a channel delivers.

    Attributes:
        channel: its name.
        user_key: whose digest it is.
        email: the person's address; None if they gave none.
        digests: the one that is delivered, then those that were delivered by this channel before, newest first.
    """

    channel: str
    user_key: str
    email: str | None
    digests: Sequence[Digest]

    @property
    def digest(self) -> Digest:
        """The digest that is delivered."""
        return self.digests[0]

    @property
    def key(self) -> str:
        """Idempotency key: the same for every attempt, another one for everything else."""
        return f"{self.digest.key[:32]}-{self.channel}"


def as_mail(message: Message, *, sender: str, recipient: str) -> EmailMessage:
    """The digest as a mail with a text and a page; the same bytes for every attempt.

    No header has a text of an ad, and the library refuses a header of two lines.

    Raises:
        NotAnAddressError: if sender or recipient is none.
    """
    digest = message.digest
    mail = EmailMessage()
    mail["Subject"] = digest.title
    mail["From"] = _address(sender)
    mail["To"] = _address(recipient)
    mail["Date"] = digest.created_at
    mail["Message-ID"] = f"<{message.key}@{mail['From'].addresses[0].domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(as_text(digest))
    mail.add_alternative(as_html(digest), subtype="html")
    # By the key as well: a boundary by chance would be another one in each attempt.
    mail.set_boundary(f"={message.key}=")
    return mail


def _address(text: str) -> Address:
    try:
        return Address(addr_spec=text)
    except (MessageError, ValueError, IndexError):
        raise NotAnAddressError("this is not a mail address") from None


def as_payload(message: Message) -> bytes:
    """The digest as the JSON of a webhook; the same bytes for every attempt."""
    digest = message.digest
    payload: dict[str, Any] = {
        "idempotency_key": message.key,
        "user_key": message.user_key,
        "title": digest.title,
        "day": digest.day,
        "created_at": digest.created_at.isoformat(),
        "matches": [
            {
                "external_id": line.external_id,
                "headline": line.headline,
                "url": line.safe_url,
                "score": line.score,
                "reason_by_model": line.reason_by_model,
                "facts": line.facts,
            }
            for line in digest.lines
        ],
    }
    return json.dumps(payload, sort_keys=True).encode()


def as_text(digest: Digest) -> str:
    """The digest as text that a chat shows as it is: no mention, no command, no link but the ad's own, in full."""
    parts = []
    for number, line in enumerate(digest.lines, start=1):
        address = [line.safe_url.replace("@", "%40")] if line.safe_url else []
        parts.append("\n".join([f"{number}. {_inert(line.headline)}", *map(_inert, line.facts), *address]))
    return "\n\n".join(parts) + "\n"


def _inert(text: str) -> str:
    return re.sub(r"([@<])", rf"\1{_JOINER}", text).replace("](", f"]{_JOINER}(")
