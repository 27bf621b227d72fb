"""Faults that are planted, found by the explanation, and repaired by what it says, as printed and without SQL."""

import json
import re

import pytest

from jobmatch_dagster.cli.runs import run_job
from jobmatch_dagster_tests.support.explained_pair import BEST_MATCH
from jobmatch_dagster_tests.support.explained_pair import Pair as ExplainedPair
from jobmatch_dagster_tests.support.world import World

_LAUNCHPAD = re.compile(r"Open Jobs > (\w+) > Launchpad, enter (\{.*\}) and click Launch Run\.")
_OF_POSTING = "WHERE job_id = (SELECT id FROM jobs WHERE external_id = :posting)"
_OTHER_VECTOR = (
    "SELECT e.embedding FROM job_embeddings e JOIN jobs ON jobs.id = e.job_id WHERE external_id <> :posting "
    "ORDER BY e.job_id LIMIT 1"
)
_OTHER_LEVEL = "CASE ai_experience_level WHEN '10+' THEN '0-2' ELSE '10+' END"
_FAULTS = {
    "level of a posting": (
        f"UPDATE jobs SET ai_experience_level = {_OTHER_LEVEL} WHERE external_id = :posting",
        "ai_experience_level is stored as",
    ),
    "title of a posting": ("UPDATE jobs SET title = 'Another' WHERE external_id = :posting", "title is stored as"),
    "facts of a posting": (
        f"UPDATE job_facts SET skills = '{{Kubernetes,Teamwork}}' {_OF_POSTING}",
        "Matching compares other skills than the posting has",
    ),
    "vector of a posting": (
        f"UPDATE job_embeddings SET embedding = ({_OTHER_VECTOR}) {_OF_POSTING}",
        "The posting's vector does not belong to its text",
    ),
    "years of a profile": (
        "UPDATE cv_profiles SET experience_years = 31, experience_level = '10+'",
        "The profile has 31 years",
    ),
    "skills of a profile": ("UPDATE cv_profiles SET skills = '{Zither}'", "The profile's skills differ"),
    "vector of a profile": (
        "UPDATE profile_embeddings SET embedding = (SELECT embedding FROM job_embeddings ORDER BY job_id LIMIT 1)",
        "The profile's vector does not belong to its text",
    ),
}


@pytest.mark.matched
@pytest.mark.parametrize("fault", _FAULTS)
def test_a_planted_fault_is_repaired_as_the_page_says(fault: str, world: World) -> None:
    statement, sign = _FAULTS[fault]
    pair = ExplainedPair(world.database, "ada", world.scalar(BEST_MATCH, user="ada"))
    before = pair.explain(embed_again=True)
    assert before.is_same
    assert sign not in pair.findings(embed_again=True)
    assert pair.seed(statement) > 0
    found = [finding for finding in pair.explain(embed_again=True).page.findings if sign in finding.what]
    assert len(found) == 1
    launched = _LAUNCHPAD.search(found[0].remedy)
    assert launched, found[0].remedy
    run_job(world.defs, world.instance, launched[1], run_config=json.loads(launched[2]))
    after = pair.explain(embed_again=True)
    assert sign not in pair.findings(embed_again=True)
    assert (after.is_same, after.stored_score) == (True, before.stored_score)
