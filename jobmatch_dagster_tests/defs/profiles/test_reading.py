"""What the UI shows of a CV's reading: counts, dates, names of the skill table, and a check for each user."""

from datetime import date
from typing import Any

import dagster as dg

from jobmatch_dagster.core.profiles.reading_summary import ReadProfile, reading_summary
from jobmatch_dagster_tests.support.world import NURSE_CV, World

_RECORDS = dg.AssetKey(["profiles", "cv_profiles"])
_NOTHING = ReadProfile(None, None, None, None, None, None, None, ())


def _read(world: World, user_key: str) -> tuple[dict[str, Any], Any]:
    """The metadata of the user's newest reading, and the evaluation of its check."""
    records = world.instance.fetch_materializations(_RECORDS, limit=10).records
    (newest,) = [record for record in records if record.partition_key == user_key][:1]
    metadata = {name: value.value for name, value in newest.asset_materialization.metadata.items()}
    run = newest.run_id
    checks = [
        event.asset_check_evaluation_data
        for event in (entry.dagster_event for entry in world.instance.all_logs(run))
        if event and event.event_type_value == "ASSET_CHECK_EVALUATION"
    ]
    (check,) = [found for found in checks if found.check_name == "cv_readable"]
    return metadata, check


def test_a_reading_shows_counts_dates_and_names_of_the_table(world: World) -> None:
    cv = NURSE_CV.replace("Hygiene", "Hygiene, Quillfeather Method")
    world.put_cv("ada", cv)
    world.run_sensor("cv_inbox_sensor")
    metadata, check = _read(world, "ada")
    assert metadata["skills"] > 3
    assert "Patient Care" in metadata["skills_of_the_table"]
    assert metadata["experience_periods"] == "2018-03 to 2026-10"
    assert metadata["experience_level"] == "5-10"
    assert "Quillfeather" not in str(metadata)
    assert check.passed
    assert check.partition == "ada"


def test_an_unreadable_cv_is_a_warning_on_its_user(world: World) -> None:
    world.put_cv("ada", NURSE_CV)
    world.put_cv("ben", b"%PDF-1.4 broken", ".pdf")
    world.run_sensor("cv_inbox_sensor")
    metadata, check = _read(world, "ben")
    assert not check.passed
    assert check.partition == "ben"
    assert check.severity.value == "WARN"
    reason = check.metadata["reason"].value
    assert reason == metadata["reason"]
    assert "jobmatch cv add ben FILE" in check.metadata["recovery"].value
    assert _read(world, "ada")[1].passed
    # The remedy, followed.
    (world.inbox / "ben.pdf").unlink()
    world.put_cv("ben", NURSE_CV.replace("Ada", "Ben"))
    world.run_sensor("cv_inbox_sensor")
    assert _read(world, "ben")[1].passed


def test_what_a_cv_does_not_say_is_unknown() -> None:
    summary = reading_summary(_NOTHING, today=date(2026, 11, 20))
    assert summary["experience_years"] == "unknown"
    assert summary["skills"] == 0
    assert {summary[name] for name in ("experience_level", "education", "languages", "industries")} == {"unknown"}
