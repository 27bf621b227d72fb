"""Channels: a web server and a mail server get each digest once; what fails waits, is seen, and costs no other."""

import json
from datetime import timedelta

import pytest

from jobmatch_dagster.core.notifications.digest_words import BY_MODEL
from jobmatch_dagster.pipeline.operations.export import export_user
from jobmatch_dagster.settings import FolderSettings
from jobmatch_dagster_tests.defs.notifications.conftest import TOKEN
from jobmatch_dagster_tests.support.checks import run_check
from jobmatch_dagster_tests.support.digests import add_users, files_of, folder_of, prefer, run_day, run_hour
from jobmatch_dagster_tests.support.erasure import erase
from jobmatch_dagster_tests.support.receivers import Hook, MailServer
from jobmatch_dagster_tests.support.world import NOW, World

_ALL = ["files", "hook", "chat", "mail"]
_HOSTILE = (
    "Nurse\r\nBcc: eve@example.org\r\n\r\n@everyone <!channel> [click](https://evil.example) <script>" + "x" * 5_000
)


@pytest.mark.matched
def test_each_channel_delivers_a_digest_once(world: World, hook: Hook, mails: MailServer) -> None:
    prefer(world, digest_channels=_ALL, email="ada@example.org")
    shown = run_day(world)
    assert (shown["delivered"], shown["failed"], shown["waiting"]) == (4, 0, 0)
    run_day(world)
    run_hour(world, NOW + timedelta(hours=1))
    assert len(files_of()) == 3
    (posted,) = [(path, key, body) for path, key, body in hook.received if key]
    (said,) = [body for _, key, body in hook.received if not key]
    ((recipient, mail, _),) = mails.received
    path, key, body = posted
    assert path == f"/{TOKEN}/ada"
    assert key == body["idempotency_key"]
    assert [match["headline"] for match in body["matches"]] == [
        item["title"] for item in json.loads(files_of()["feed.json"])["items"]
    ]
    assert said["title"] == body["title"] == mail["Subject"]
    assert recipient == mail["To"] == "ada@example.org"
    assert mail["Message-ID"] == f"<{key.removesuffix('-hook')}-mail@example.org>"
    assert {part.get_content_type() for part in mail.iter_parts()} == {"text/plain", "text/html"}


@pytest.mark.matched
def test_an_attempt_after_a_crash_has_the_same_key_and_bytes(world: World, hook: Hook, mails: MailServer) -> None:
    prefer(world, digest_channels=["hook", "mail"], email="ada@example.org")
    run_day(world)
    world.scalar("UPDATE digest_deliveries SET state = 'waiting', sent_at = NULL RETURNING 1")
    run_hour(world, NOW + timedelta(hours=1))
    assert len(hook.received) == len(mails.received) == 2
    assert hook.received[0] == hook.received[1]
    assert mails.received[0][2] == mails.received[1][2]


@pytest.mark.matched
def test_a_channel_that_fails_for_an_hour_is_made_good(world: World, hook: Hook, mails: MailServer) -> None:
    add_users(world, 6)
    for key in ("ada", *(f"user-{n}" for n in range(1, 7))):
        prefer(world, key, digest_channels=["files", "hook"])
    prefer(world, "user-1", digest_channels=["mail"], email="one@example.org")
    hook.status = 503
    shown = run_day(world)
    assert (shown["delivered"], shown["failed"]) == (7, 3), "the files, a mail, and three attempts before it is left"
    assert hook.requests == 3
    assert len(mails.received) == 1
    assert run_check("digests_delivered").passed
    hook.status = 200
    shown = run_hour(world, NOW + timedelta(hours=1))
    assert (shown["delivered"], shown["failed"], shown["waiting"]) == (6, 0, 0)
    assert len({key for _, key, _ in hook.received}) == len(hook.received) == 6
    assert world.scalar("SELECT count(*) FROM digest_deliveries WHERE last_error IS NOT NULL") == 0


@pytest.mark.matched
def test_a_mail_server_that_is_down_is_left_alone(world: World, mails: MailServer) -> None:
    add_users(world, 5)
    for key in ("ada", *(f"user-{n}" for n in range(1, 6))):
        prefer(world, key, digest_channels=["mail", "files"], email=f"{key}@example.org")
    mails.is_broken = True
    assert run_day(world)["failed"] == mails.sessions == 3
    assert len(files_of("user-5")) == 3
    mails.is_broken = False
    assert run_hour(world, NOW + timedelta(hours=1))["delivered"] == 6
    assert len({mail["Message-ID"] for _, mail, _ in mails.received}) == len(mails.received) == 6


@pytest.mark.matched
def test_nothing_reaches_who_wants_nothing_any_more(world: World, hook: Hook) -> None:
    prefer(world, digest_channels=["hook"])
    hook.status = 503
    run_day(world)
    prefer(world, digest_every="never")
    hook.status = 200
    run_hour(world, NOW + timedelta(days=2), retry_now=True)
    assert hook.received == []
    assert run_check("digests_delivered").passed


@pytest.mark.matched
def test_a_recipient_that_is_refused_stops_nobody_else(world: World, mails: MailServer) -> None:
    add_users(world, 5)
    for number, key in enumerate(("ada", *(f"user-{n}" for n in range(1, 6)))):
        prefer(world, key, digest_channels=["mail"], email=f"u{number}@example.org")
    mails.refused = {f"u{number}@example.org" for number in range(4)}
    shown = run_day(world)
    assert (shown["delivered"], shown["failed"]) == (2, 4)
    errors = "SELECT DISTINCT last_error FROM digest_deliveries WHERE state = 'waiting'"
    assert world.scalar(errors) == "SMTPRecipientsRefused 550"


@pytest.mark.matched
@pytest.mark.parametrize(
    ("channel", "error"),
    [("hook", "HTTP 302"), ("gone", "ConnectionError"), ("nowhere", "ChannelNotConfigured"), ("mail", "EmailMissing")],
)
def test_a_failure_is_seen_and_names_no_address(world: World, hook: Hook, channel: str, error: str) -> None:
    prefer(world, digest_channels=["files", channel])
    hook.status = 302
    shown = [run_day(world), *(run_hour(world, NOW + timedelta(hours=hours)) for hours in (1, 3, 8))]
    assert len(files_of()) == 3
    assert world.scalar("SELECT attempts FROM digest_deliveries WHERE channel = :name", name=channel) == 4
    assert world.scalar("SELECT last_error FROM digest_deliveries WHERE channel = :name", name=channel) == error
    failed = run_check("digests_delivered")
    assert not failed.passed
    name = "(not configured)" if channel == "nowhere" else channel
    assert failed.metadata["causes"].value == f"{name}: {error} (1)"
    said = str(shown) + str(failed.metadata)
    assert not any(secret in said for secret in (TOKEN, "127.0.0.1", "nowhere"))


@pytest.mark.matched
def test_a_hostile_ad_is_harmless_in_every_channel(world: World, hook: Hook, mails: MailServer) -> None:
    world.scalar(
        "UPDATE jobs SET title = :title, company = :title, url = :url RETURNING 1", title=_HOSTILE, url=_HOSTILE
    )
    world.scalar("UPDATE user_job_matches SET claude_score = 70, match_reasoning = :title RETURNING 1", title=_HOSTILE)
    prefer(world, digest_channels=_ALL, email="ada@example.org")
    assert run_day(world)["delivered"] == 4
    ((recipient, mail, _),) = mails.received
    assert recipient == "ada@example.org"
    assert mail["Bcc"] is None
    assert mail["Subject"].endswith(", 2026-11-19")
    text, page = (part.get_content() for part in mail.iter_parts())
    said = next(body["message"] for _, key, body in hook.received if not key)
    for chat in (text, said):
        assert not any(mark in chat for mark in ("@everyone", "<!channel>", "](https", "<script>"))
    assert not any(mark in page for mark in ("<script", "href"))
    posted = next(body for _, key, body in hook.received if key)
    assert all(match["url"] is None and len(match["headline"]) <= 300 for match in posted["matches"])
    assert all(match["reason_by_model"] for match in posted["matches"])
    assert all(BY_MODEL in shown for shown in (text, page, said, str(posted), *files_of().values()))


@pytest.mark.matched
@pytest.mark.parametrize("user_key", ["a b&to=eve@example.org", "a;b%2e%2e@", "ä?x=1#y"])
def test_a_user_key_is_never_another_address(world: World, hook: Hook, user_key: str) -> None:
    world.scalar("UPDATE users SET user_key = :key RETURNING 1", key=user_key)
    world.scalar(
        "INSERT INTO user_preferences (user_id, digest_channels) SELECT id, ARRAY['hook'] FROM users RETURNING 1"
    )
    run_day(world)
    assert all(path.startswith(f"/{TOKEN}/") and path.count("/") == 2 for path, _, _ in hook.received)
    assert not any(mark in path for path, _, _ in hook.received for mark in ("?", "#", "&"))


@pytest.mark.matched
def test_forgetting_a_user_leaves_nothing_to_deliver(world: World, hook: Hook) -> None:
    prefer(world, digest_channels=["hook", "files"], email="ada@example.org")
    hook.status = 503
    run_day(world)
    exported = export_user(world.database, "ada", now=NOW, inboxes=FolderSettings.read().folders_of_users)
    assert exported["tables"]["user_preferences"][0]["email"] == "ada@example.org"
    assert {row["channel"] for row in exported["tables"]["digest_deliveries"]} == {"hook", "files"}
    report = erase(world, "ada")
    assert (report.hits, report.rows_erased["digest_deliveries"]) == (0, 2)
    hook.status = 200
    run_hour(world, NOW + timedelta(hours=1), retry_now=True)
    assert hook.received == []
    assert not folder_of().exists()
