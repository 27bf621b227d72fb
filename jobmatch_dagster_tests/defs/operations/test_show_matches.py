"""A user's matches as a page and on the command line: order, clusters, untrusted text, unknown users, erasure."""

import csv
import io
import json
from typing import Any

import dagster as dg
import pytest
from click.testing import CliRunner

from jobmatch_dagster.cli.main import main
from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster.core.markdown import Link, markdown_table
from jobmatch_dagster.core.notifications.digest_words import BY_MODEL
from jobmatch_dagster.observability.user_history import erase_user_history
from jobmatch_dagster_tests.support.world import NURSE_CV, World

_KEY = "nurse-1"


def _show(world: World, **config: Any) -> dict[str, Any]:
    run_config = {"ops": {"write_list": {"config": {"user_key": _KEY, **config}}}}
    result = run_job(world.defs, world.instance, "show_matches", run_config=run_config)
    (event,) = (e for e in result.all_node_events if e.event_type_value == "STEP_OUTPUT")
    return {name: value.value for name, value in event.step_output_data.metadata.items()}


def _run(*arguments: str) -> str:
    printed = CliRunner().invoke(main, ["matches", *arguments])
    assert printed.exit_code == 0, printed.output
    return printed.output


@pytest.mark.collected
def test_the_list_is_in_the_order_of_its_scores(world: World) -> None:
    world.take_in(_KEY, NURSE_CV)
    lines = json.loads(_run(_KEY, "--json"))
    scores = [line["match_score"] for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert len(scores) > 1
    assert [int(row["score"]) for row in csv.DictReader(io.StringIO(_run(_KEY, "--csv")))] == scores
    best = lines[0]
    assert best["external_id"] in _run(_KEY)
    assert len(json.loads(_run(_KEY, "--json", "--limit", "1"))) == 1
    assert json.loads(_run(_KEY, "--json", "--min-score", str(scores[1] + 1)))[-1]["match_score"] > scores[1]
    page = _show(world)
    assert page["lines"] == len(lines)
    assert best["external_id"] in page["matches"]


@pytest.mark.matched
def test_a_reason_of_a_model_is_marked_everywhere(world: World) -> None:
    best = json.loads(_run("ada", "--json"))[0]["external_id"]

    def marked() -> list[bool]:
        reasons = [row["reason"] for row in csv.DictReader(io.StringIO(_run("ada", "--csv")))]
        page = _show(world, user_key="ada")["matches"]
        said = CliRunner().invoke(main, ["explain", "ada", best]).output
        return [*(BY_MODEL in reason for reason in reasons), BY_MODEL in page, BY_MODEL in " ".join(said.split())]

    assert not any(marked())
    with world.database.begin() as connection:
        connection.exec_driver_sql("UPDATE user_job_matches SET claude_score = 70, match_reasoning = 'You nurse.'")
    assert all(marked())


@pytest.mark.collected
def test_a_cluster_is_one_line_with_its_other_places(world: World) -> None:
    world.take_in(_KEY, NURSE_CV)
    before = json.loads(_run(_KEY, "--json"))
    first, second = (line["external_id"] for line in before[:2])
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "WITH made AS (INSERT INTO job_clusters (cluster_key) VALUES (%s) RETURNING id) UPDATE jobs SET "
            "cluster_id = made.id, location = CASE external_id WHEN %s THEN 'Munich' ELSE 'Graz' END FROM made "
            "WHERE external_id IN (%s, %s)",
            (f"test-{first}", first, first, second),
        )
    lines = json.loads(_run(_KEY, "--json"))
    assert [line["external_id"] for line in lines] == [line["external_id"] for line in (before[0], *before[2:])]
    assert lines[0]["other_places"] == ["Graz"]
    assert "Munich +1 town" in _show(world)["matches"]


@pytest.mark.collected
def test_only_new_leaves_out_what_was_decided(world: World) -> None:
    world.take_in(_KEY, NURSE_CV)
    first = json.loads(_run(_KEY, "--json"))[0]["external_id"]
    assert CliRunner().invoke(main, ["decide", _KEY, first, "rejected"]).exit_code == 0
    assert first not in _show(world, only_new=True)["matches"]
    assert "rejected" in _show(world)["matches"]
    assert [line["external_id"] for line in json.loads(_run(_KEY, "--json", "--status", "rejected"))] == [first]


@pytest.mark.collected
def test_an_unknown_user_is_answered_with_near_keys(world: World) -> None:
    world.take_in(_KEY, NURSE_CV)
    assert "Did you mean nurse-1?" in _show(world, user_key="Nurse-11")["matches"]
    for command in ("matches", "export", "stats --user"):
        refused = CliRunner().invoke(main, [*command.split(), "nurse1"])
        assert refused.exit_code == 1
        assert "Did you mean nurse-1?" in refused.output
    listed = CliRunner().invoke(main, ["users", "--json"])
    assert [user["user_key"] for user in json.loads(listed.output)] == [_KEY]


@pytest.mark.collected
def test_the_page_is_erased_with_the_user(world: World) -> None:
    world.take_in(_KEY, NURSE_CV)
    _show(world)
    assert len(world.instance.get_runs(dg.RunsFilter(job_name="show_matches"))) == 1
    left = erase_user_history(world.instance, _KEY)
    assert left["runs of show_matches"] == 0
    assert world.instance.get_runs(dg.RunsFilter(job_name="show_matches")) == []


@pytest.mark.parametrize(
    ("url", "is_link"),
    [
        ("https://jobs.example.org/a/1?b=2&c=%20", True),
        ("http://10.0.0.1:8080/x", True),
        ("javascript:alert(1)", False),
        ("https://a.example/x>) [click](javascript:1)", False),
        ("https://a.example/x\n# heading", False),
        ("https://user@a.example/", False),
        (None, False),
    ],
)
def test_only_a_plain_address_becomes_a_link(url: str | None, is_link: bool) -> None:
    shown = markdown_table([[Link("4711", url)]], ["posting"]).splitlines()[-1]
    assert shown == (f"| [4711](<{url}>) |" if is_link else "| 4711 |")


def _post_again(world: World, external_id: str) -> None:
    """Store the same ad as it was posted 40 days earlier, and closed."""
    with world.database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO jobs (external_id, title, company, location, url, date_created, ad_key, record_hash, "
            "text_hash, extra, page_id, page_position, page_fetched_at, collection_hour, closed_at, closed_reason) "
            "SELECT 'earlier', title, company, location, url, date_created - interval '40 days', ad_key, record_hash, "
            "text_hash, extra, page_id, page_position, page_fetched_at, collection_hour - interval '40 days', "
            "date_created - interval '30 days', 'expired' FROM jobs WHERE external_id = %s",
            (external_id,),
        )


@pytest.mark.matched
def test_signs_are_shown_and_leave_scores_as_they_are(world: World) -> None:
    before = json.loads(_run("ada", "--json"))
    best = before[0]["external_id"]
    assert before[0]["signs"] == {}
    _post_again(world, best)
    run_job(world.defs, world.instance, "match_existing_jobs")
    after = json.loads(_run("ada", "--json"))
    assert after[0]["signs"]["reposted"].startswith("posted again 1 time since 2026-")
    assert "reposted" not in after[0]["unknown_signs"]
    scores = [{name: value for name, value in line.items() if "sign" not in name} for line in (*before, *after)]
    assert scores[: len(before)] == scores[len(before) :]
    page = _show(world, user_key="ada")["matches"]
    assert "posted again 1 time since 2026" in page
    assert "posted again 1 time since 2026" in next(csv.DictReader(io.StringIO(_run("ada", "--csv"))))["signs"]


@pytest.mark.matched
def test_postings_with_a_sign_are_left_out_when_asked(world: World) -> None:
    before = [line["external_id"] for line in json.loads(_run("ada", "--json"))]
    _post_again(world, before[0])
    left = json.loads(_run("ada", "--json", "--without-signs", "reposted, many_towns"))
    assert [line["external_id"] for line in left] == before[1:]
    one = json.loads(_run("ada", "--json", "--without-signs", "reposted", "--limit", "1"))
    assert [line["external_id"] for line in one] == before[1:2]
    assert [line["external_id"] for line in json.loads(_run("ada", "--json", "--without-signs", "long_open"))] == before
    page = _show(world, user_key="ada", without_signs=["reposted"])
    assert page["lines"] == len(before) - 1
    assert before[0] not in page["matches"]
    refused = CliRunner().invoke(main, ["matches", "ada", "--without-signs", "old"])
    assert refused.exit_code == 1
    assert "There is no sign 'old'. Signs: reposted, long_open, many_towns, company_reposts." in refused.output
    assert "There is no sign" in _show(world, user_key="ada", without_signs=["old"])["matches"]
