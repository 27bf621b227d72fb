"""What the demo prints."""

from jobmatch_dagster.core.matching.scoring import Weights
from jobmatch_dagster.demo.report import legend


def test_legend_has_the_weights_that_were_used() -> None:
    printed = legend(Weights(skills=1, experience=1, industry=0, work_arrangement=2, semantic=0))
    assert "skills (Ski, 25 %), experience (Exp, 25 %), industry (Ind, 0 %), work arrangement (Arr, 50 %)" in printed
