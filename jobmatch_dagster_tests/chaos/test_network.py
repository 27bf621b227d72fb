"""Faults of the network and of the services behind it: bounded, in a sentence, and nothing is lost or paid twice."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy.engine import make_url

from jobmatch_dagster.demo.server import Fault
from jobmatch_dagster_tests.chaos.namespace import network_of_its_own
from jobmatch_dagster_tests.chaos.night import NAMESPACE, Place
from jobmatch_dagster_tests.chaos.postgres import Server
from jobmatch_dagster_tests.chaos.proxy import Address, proxy
from jobmatch_dagster_tests.chaos.stage import Stage
from jobmatch_dagster_tests.chaos.table import note

_PROXIED: dict[str, dict[str, float | int]] = {
    "slow, 0.1 s a piece": {"latency_s": 0.1},
    "cut after 200 bytes": {"cut_after": 200},
    "cut after 3,000 bytes": {"cut_after": 3_000},
    "frozen after 3,000 bytes": {"freeze_after": 3_000},
}
_LINKS = [("database", "match"), ("jobs API", "collect"), ("Claude", "ask"), ("Claude", "batch")]
# A frozen link to the database is tried with packets that are dropped, below: a proxy still acknowledges them.
_CASES = [
    (link, step, fault) for link, step in _LINKS for fault in _PROXIED if (link, fault[:6]) != ("database", "frozen")
]
_QUICK = [("database", "match", "cut after 3,000 bytes"), ("jobs API", "collect", "cut after 200 bytes"),
          ("Claude", "ask", "cut after 200 bytes")]  # fmt: skip
_MOST_SECONDS = 60
_PEER_LOST_SECONDS = 110
_HTML = Fault(body=b"<html>gateway</html>", content_type="text/html")
_LIES: dict[str, list[Fault]] = {
    "200 with HTML": [_HTML] * 2,
    "200 with HTML for ever": [_HTML] * 50,
    "a body that is cut off": [Fault()] * 2,
    "an empty body": [Fault(body=b"")] * 2,
    "no list": [Fault(body=b"{}")] * 2,
    "null": [Fault(body=b"null")] * 2,
    "a wrong quota": [Fault(status=503, headers={"X-RateLimit-Jobs-Remaining": "-7"})],
    "quota of no number": [Fault(status=503, headers={"X-RateLimit-Jobs-Remaining": "many"})],
    "500 and 503 in turn": [Fault(status=500, body=b"no"), Fault(status=503, body=b"busy")],
    "refused for an hour": [Fault(status=429, body=b"{}", headers={"Retry-After": "3600"})] * 50,
    "503 for an hour": [Fault(status=503, body=b"busy")] * 50,
}
_SAID_BY_CLAUDE: dict[str, list[Any]] = {
    "529 twice": [(529, {}), (529, {})],
    "529 for an hour": [(529, {})] * 200,
    "429 for an hour": [(429, {"retry-after": "3600"})] * 200,
    "answers that are lost": ["drop"],
    "HTML instead of JSON": ["html"],
    "broken JSON": ["broken"],
    "a refusal": ["refuse"],
}


@pytest.mark.parametrize(("link", "step", "fault"), _QUICK)
def test_a_cut_link_loses_nothing(stage: Stage, link: str, step: str, fault: str, record_property: Any) -> None:
    _run_proxied(stage, link, step, fault, record_property)


@pytest.mark.chaos
@pytest.mark.parametrize(("link", "step", "fault"), [case for case in _CASES if case not in _QUICK])
def test_any_fault_of_a_link_loses_nothing(
    stage: Stage, link: str, step: str, fault: str, record_property: Any
) -> None:
    _run_proxied(stage, link, step, fault, record_property)


@pytest.mark.parametrize("service", ["database", "jobs API", "Claude"])
def test_a_service_that_refuses_or_has_no_name(stage: Stage, service: str, record_property: Any) -> None:
    step = dict(_LINKS[:3])[service]
    for fault, host, port in (("connections refused", "127.0.0.1", 9), ("no such name", "nowhere.invalid", 80)):
        outcome = stage.run(step, through=lambda place, h=host, p=port: _moved(place, service, h, p))  # type: ignore[misc]
        _judge(outcome, fault, f"{service}, {step}", record_property)


@pytest.mark.parametrize("lie", _LIES)
def test_lies_of_the_jobs_api_lose_nothing(stage: Stage, lie: str, record_property: Any) -> None:
    outcome = stage.run(
        "collect",
        before=True,
        act=lambda _: stage.api.add_faults(*_LIES[lie]),
        heal=lambda _: stage.api._faults.clear(),
    )
    _judge(outcome, f"jobs API: {lie}", "collect", record_property)


@pytest.mark.parametrize("fault", _SAID_BY_CLAUDE)
def test_faults_of_claude_store_nothing_wrong(stage: Stage, fault: str, record_property: Any) -> None:
    def heal(_url: str) -> None:
        stage.claude.faults.clear()

    outcome = stage.run("ask", before=True, act=lambda _: stage.claude.faults.extend(_SAID_BY_CLAUDE[fault]), heal=heal)
    _judge(outcome, f"Claude: {fault}", "ask", record_property, answers=2)


@pytest.mark.chaos
@pytest.mark.parametrize("step", ["match"])
def test_dropped_packets_end_a_run_and_free_its_locks(
    stage: Stage, server: Server, step: str, record_property: Any
) -> None:
    """Half open: in the middle of the step no packet passes any more, in either direction, and nobody says so."""
    with network_of_its_own(server) as network:
        points = len(stage.before[step].points)
        outcome = stage.run(
            step,
            act=lambda _: network.drop(),
            at=points // 2,
            through=lambda place: _moved(place, "database", network.host, network.port),
            variables={NAMESPACE: network.name},
        )
    assert "connection" in outcome.ended.seen
    assert outcome.ended.error == "DatabaseUnavailableError", outcome.ended.seen
    assert outcome.ended.seconds < _PEER_LOST_SECONDS
    assert outcome.seconds_to_recover < _PEER_LOST_SECONDS
    assert outcome.is_same, outcome.verdict
    where = f"database, {step}: failed after {outcome.ended.seconds:.0f} s"
    note(record_property, "packets dropped", where, "nothing lost", outcome.seconds_to_recover, outcome.ended.seen)


def _judge(outcome: Any, fault: str, where: str, record_property: Any, answers: int = 1) -> None:
    assert outcome.ended.seconds < _MOST_SECONDS
    assert not outcome.ended.killed
    assert outcome.ended.expected, f"an error without a remedy: {outcome.ended.error}: {outcome.ended.seen}"
    assert not outcome.differences, outcome.verdict
    extra = outcome.money.answers - outcome.expected_money.answers
    assert 0 <= extra <= answers, outcome.verdict
    ended = "done all the same" if outcome.ended.succeeded else "failed, nothing lost"
    note(record_property, fault, where, ended, outcome.seconds_to_recover, outcome.ended.seen)


def _run_proxied(stage: Stage, link: str, step: str, fault: str, record_property: Any) -> None:
    with proxy(_address(stage, link), **_PROXIED[fault]) as between:
        outcome = stage.run(
            step,
            through=lambda place: _moved(place, link, "127.0.0.1", between.port),
            # The stand-in ends a batch that somebody asks for; a batch whose name was lost ends by itself.
            heal=lambda _: stage.claude.end_batches(),
        )
        between.heal()
    _judge(outcome, fault, f"{link}, {step}", record_property, answers=6)


def _address(stage: Stage, link: str) -> Address:
    if link == "database":
        url = make_url(stage.server_url)
        return f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
    parts = urlsplit(stage.api.url if link == "jobs API" else stage.claude.url)
    return (parts.hostname or "", parts.port or 0)


def _moved(place: Place, link: str, host: str, port: int) -> Place:
    """The place, with a service at another address."""
    if link == "database":
        url = make_url(place.database_url).set(host=host, port=port, query={})
        return replace(place, database_url=url.render_as_string(hide_password=False))
    address = f"http://{host}:{port}"
    return replace(place, api_url=address) if link == "jobs API" else replace(place, claude_url=address)
