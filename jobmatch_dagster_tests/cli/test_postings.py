"""Postings from elsewhere than the API, by commands: one ad, and a folder, up to their matches."""

import json
from pathlib import Path

import pytest

from jobmatch_dagster_tests.support.command import run_command
from jobmatch_dagster_tests.support.world import World

AD = "Registered Nurse\n\nPatient care, wound care, medication administration and hygiene on our ward in Munich."


@pytest.mark.matched
def test_an_ad_and_a_folder_reach_the_matches(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ad.txt"
    file.write_text(AD, encoding="utf-8")
    added = run_command("add", str(file), "--company", "Zypressenau", "--location", "Munich", **world.variables)
    assert added.returncode == 0, added.stderr
    external_id, outcome = added.stdout.split("\n")[0].split()
    assert (external_id[:6], outcome) == ("added:", "inserted")
    assert "after the next matching" in added.stdout
    again = run_command("add", str(file), "--company", "Zypressenau", "--location", "Munich", **world.variables)
    assert again.stdout == f"{external_id} unchanged\n"

    folder = tmp_path / "ads"
    folder.mkdir()
    node = {"@type": "JobPosting", "title": "Nurse", "identifier": 1, "hiringOrganization": "K", "description": AD}
    (folder / "a.json").write_text(json.dumps(node), encoding="utf-8")
    (folder / "b.html").write_text("<p>Nothing</p>", encoding="utf-8")
    collected = run_command("collect", "--from-folder", str(folder), "--source", "boards", **world.variables)
    assert collected.returncode == 0, collected.stderr
    assert collected.stdout == (
        "2 documents read, 2 new or changed: 1 postings added, 0 updated, 1 quarantined.\n"
    )  # fmt: skip
    matched = "SELECT external_id FROM user_job_matches JOIN jobs ON jobs.id = job_id WHERE source = :source"
    assert world.scalar(matched, source="added") == external_id
    assert world.scalar(matched, source="boards") == "boards:k:1"
    explained = run_command("explain", "ada", "boards:k:1", **world.variables)
    assert explained.returncode == 0, explained.stderr
    assert "document" in explained.stdout


@pytest.mark.matched
def test_an_ad_is_matched_at_once_when_asked(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ad.txt"
    matched = "SELECT count(*) FROM user_job_matches JOIN jobs ON jobs.id = job_id WHERE source = 'added'"

    def add(text: str, *options: str) -> list[str]:
        file.write_text(text, encoding="utf-8")
        ended = run_command("add", str(file), "--location", "Munich", *options, **world.variables)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.splitlines()

    first, *rest = add(AD, "--company", "Zypressenau", "--match")
    assert first.endswith(" inserted")
    assert rest == ["Matched."]
    people = world.scalar(matched)
    assert people > 0
    assert add(AD, "--company", "Zypressenau", "--match") == [first.replace("inserted", "unchanged"), "Matched."]
    assert world.scalar(matched) == people

    # Added without the option: it waits, and the same ad with the option is matched though nothing is new.
    add(AD, "--company", "Birkenhain")
    assert world.scalar(matched) == people
    assert add(AD, "--company", "Birkenhain", "--match")[0].endswith(" unchanged")
    assert world.scalar(matched) == 2 * people

    file.write_text(AD, encoding="utf-8")
    refused = run_command("add", str(file), "--match", **world.variables)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "--company" in refused.stderr


def test_what_cannot_be_added_is_said(world: World, tmp_path: Path) -> None:
    file = tmp_path / "ad.txt"
    file.write_text(AD, encoding="utf-8")
    refused = run_command("add", str(file), **world.variables)
    assert (refused.returncode, "--company" in refused.stderr) == (1, True)
    gone = run_command("collect", "--from-folder", str(tmp_path / "gone"), **world.variables)
    assert (gone.returncode, "There is no folder" in gone.stderr) == (1, True)
    both = run_command("collect", "--run-once", "--from-folder", str(tmp_path), **world.variables)
    assert both.returncode == 2
