"""Claude's reasons in the user's language: asked again once when it changes, and of nobody else."""

from jobmatch_dagster.core.profiles.preferences import Preferences
from jobmatch_dagster.db.profiles.preferences import set_preferences
from jobmatch_dagster_tests.support.claude_stand_in import ClaudeStandIn, data_of
from jobmatch_dagster_tests.support.claude_world import ClaudeWorld

_GERMAN = "match_reasoning LIKE 'Gefordert ist %'"
_DONE = "claude_status = 'done' AND NOT claude_is_generic"


def _set(world: ClaudeWorld, wanted: Preferences) -> None:
    with world.database.begin() as connection:
        set_preferences(connection, 1, wanted)


def test_a_change_of_language_asks_one_user_again_once(claude_world: ClaudeWorld, claude: ClaudeStandIn) -> None:
    claude_world.enrich()
    pairs, others = claude_world.count("user_id = 1"), claude_world.count("user_id <> 1")
    assert claude_world.count(_DONE) == pairs + others
    english = claude_world.rows()
    claude.forget()
    claude_world.enrich()
    _set(claude_world, Preferences(explanation_language="en"))
    assert (claude_world.waiting, claude.requests) == (0, [])
    _set(claude_world, Preferences(explanation_language="de"))
    assert claude_world.count("user_id = 1 AND claude_status = 'waiting'") == claude_world.waiting == pairs > 0
    claude_world.enrich(postings_per_request=1)
    assert claude_world.count(f"user_id = 1 AND {_DONE} AND {_GERMAN}") == claude_world.count(_GERMAN) == pairs
    # One request for each question: none was taken for generic and asked twice.
    assert set(claude.paid.values()) == {1}
    assert all(data_of(request)["answer_language"] == "German" for request in claude.requests)
    assert claude_world.count(f"user_id <> 1 AND {_DONE}") == others
    claude.forget()
    _set(claude_world, Preferences(explanation_language="de"))
    assert claude_world.waiting == 0
    # Back again: the ledger has the English answers.
    _set(claude_world, Preferences())
    claude_world.enrich()
    assert claude.requests == []
    assert claude_world.rows() == english
