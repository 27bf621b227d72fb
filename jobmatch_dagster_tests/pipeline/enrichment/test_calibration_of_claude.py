"""Claude's answers compared with the scores that are stored beside them."""

import pytest

from jobmatch_dagster.defs.quality.metrics_metadata import claude_metadata
from jobmatch_dagster.pipeline.quality.stored_scores import measure_stored
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld


def test_answers_are_compared_with_their_scores(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    with claude_world.database.read() as connection:
        before = measure_stored(connection).claude
    assert (before.answers, before.spearman) == (0, None)
    assert "unknown" in claude_metadata(before)["claude_spearman_interval"]
    assert claude_world.enrich().done > 0
    with claude_world.database.read() as connection:
        found = measure_stored(connection).claude
    done = claude_world.count("claude_score IS NOT NULL")
    assert found.answers == sum(band.answers for band in found.bands) == done
    by_group = {group.group: group for group in found.groups}
    assert by_group["newest week"].answers == done, "an answer has its time from the ledger"
    assert any("explain_match" in name for name in by_group)
    if (mean := by_group["newest week"].mean) is not None:
        assert mean == pytest.approx(
            float(claude_world.scalar("SELECT avg(claude_score - match_score) FROM user_job_matches"))
        )
    assert claude_metadata(found)["claude_answers"] == done


def test_a_failed_answer_is_no_score(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude.answer = lambda request: {"nothing": "of the schema"}
    claude_world.enrich()
    with claude_world.database.read() as connection:
        assert measure_stored(connection).claude.answers == 0
