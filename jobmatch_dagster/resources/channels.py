"""Channels: the ways by which a digest leaves this deployment, each with a name that a user's preferences may have.

An address is a secret of the deployment (`JOBMATCH_CHANNELS`); a user names a channel and never an address of it. Which
kind of channel it is follows from its scheme: `http` and `https` are webhooks, `smtp` and `smtps` mail, whatever else
Apprise knows is a chat. No error, log or return value has an address.
"""

import logging
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Protocol
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests

from jobmatch_dagster.core.notifications.message import Message, NotAnAddressError, as_mail, as_payload, as_text
from jobmatch_dagster.errors import PassingFailure, ServiceFailure
from jobmatch_dagster.settings import DigestSettings

_TIMEOUT_SECONDS = 10
_PORTS = {"smtp": 25, "smtps": 465}
_LOCAL = {"localhost", "127.0.0.1", "::1"}


class ChannelFailure(PassingFailure):
    """The channel does not work at present: the next message would fail as well."""


class MessageRefused(ServiceFailure):
    """The channel works and refuses this message or its recipient."""


class Channel(Protocol):
    """A way to deliver a message."""

    messages_at_once: ClassVar[int]
    """Messages that are delivered in one transaction."""
    digests_in_message: ClassVar[int]
    """Digests that a message has: the one that is delivered, and those before it."""

    def send(self, message: Message) -> None:
        """Deliver a message. The same one may come again, with the same key.

        Raises:
            ChannelFailure: if the channel does not work.
            MessageRefused: if it refuses this message.
            OSError: if a file cannot be written.
        """


def configured_channels() -> dict[str, Channel]:
    """The channels of `JOBMATCH_CHANNELS` by name; nothing is connected."""
    return {name: _channel(address) for name, address in DigestSettings.read().channel_addresses.items()}


def _channel(address: str) -> Channel:
    scheme = address.partition(":")[0]
    if scheme in ("http", "https"):
        return Webhook(address)
    return Mail(address) if scheme in _PORTS else Chat(address)


class MissingChannel:
    """A channel that a user names and this deployment does not have."""

    messages_at_once: ClassVar[int] = 1
    digests_in_message: ClassVar[int] = 1

    def send(self, message: Message) -> None:  # noqa: ARG002 (there is nowhere to send it)
        """Fail, so that the delivery waits and is seen."""
        raise ChannelFailure("ChannelNotConfigured")


@dataclass(frozen=True)
class Webhook:
    """JSON to an address, with an `Idempotency-Key`."""

    address: str = field(repr=False)
    messages_at_once: ClassVar[int] = 1
    digests_in_message: ClassVar[int] = 1

    def send(self, message: Message) -> None:
        """POST it; any status of success is a delivery, and no redirect is followed."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        try:
            with requests.post(
                _filled(self.address, message),
                data=as_payload(message),
                headers=headers,
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            ) as answer:
                status = answer.status_code
        # A host name that cannot be encoded is a ValueError.
        except (requests.RequestException, ValueError) as error:
            raise ChannelFailure(type(error).__name__) from None
        if 200 <= status < 300:
            return
        refused = status in (400, 409, 413, 415, 422)
        raise (MessageRefused if refused else ChannelFailure)(f"HTTP {status}")


@dataclass(frozen=True)
class Mail:
    """Mail to the user's own address, with a `Message-ID` that is the same for every attempt."""

    address: str = field(repr=False)
    messages_at_once: ClassVar[int] = 1
    digests_in_message: ClassVar[int] = 1

    def send(self, message: Message) -> None:
        """Send it. `smtp` uses STARTTLS where the server offers it, and logs in with TLS alone."""
        if message.email is None:
            raise MessageRefused("EmailMissing")
        parts = urlsplit(self.address)
        try:
            mail = as_mail(message, sender=parse_qs(parts.query)["from"][0], recipient=message.email)
            with _connect(parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]) as server:
                if parts.username is not None:
                    if not isinstance(server.sock, ssl.SSLSocket) and parts.hostname not in _LOCAL:
                        raise ChannelFailure("NoTlsNoLogin")
                    server.login(unquote(parts.username), unquote(parts.password or ""))
                server.send_message(mail)
        except NotAnAddressError:
            raise MessageRefused("NotAnAddress") from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _ in error.recipients.values()})
            raise _failure(error, codes[0] if codes else 0) from None
        except smtplib.SMTPResponseException as error:
            raise _failure(error, error.smtp_code) from None
        # A host name that cannot be encoded is a ValueError.
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise ChannelFailure(type(error).__name__) from None


def _connect(scheme: str, host: str, port: int) -> smtplib.SMTP:
    if scheme == "smtps":
        return smtplib.SMTP_SSL(host, port, timeout=_TIMEOUT_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS)
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    return server


def _failure(error: smtplib.SMTPException, code: int) -> ServiceFailure:
    """A recipient or a message that is refused for good costs nobody else; anything else is the channel's failure."""
    about_message = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    kind = MessageRefused if about_message and code >= 500 else ChannelFailure
    return kind(f"{type(error).__name__} {code}")


@dataclass(frozen=True)
class Chat:
    """Text to whatever Apprise knows. It has no keys: a crash between sending and marking sends the text twice."""

    address: str = field(repr=False)
    messages_at_once: ClassVar[int] = 1
    digests_in_message: ClassVar[int] = 1

    def send(self, message: Message) -> None:
        """Send it, cut into several where the service takes less at once."""
        import apprise

        # It logs hosts and recipients.
        logging.getLogger("apprise").disabled = True
        sender = apprise.Apprise()
        if not sender.add(_filled(self.address, message)):
            raise ChannelFailure("AddressNotKnown")
        for service in sender:
            service.overflow_mode = apprise.OverflowMode.SPLIT
        if not sender.notify(
            body=as_text(message.digest), title=message.digest.title, body_format=apprise.NotifyFormat.TEXT
        ):
            raise ChannelFailure("NotSent")


def _filled(address: str, message: Message) -> str:
    """The address with what it says about the user, encoded, so that a key or a mail address is no other address.

    Raises:
        MessageRefused: if it needs a mail address and the user gave none.
    """
    if "{email}" in address and message.email is None:
        raise MessageRefused("EmailMissing")
    known: Mapping[str, str] = {"{user_key}": message.user_key, "{email}": message.email or ""}
    for placeholder, value in known.items():
        address = address.replace(placeholder, quote(value, safe=""))
    return address
