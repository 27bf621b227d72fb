"""What stands out about a pair: each place where something differs from what it should be, with its remedy.

A finding names the cause, so that the reader need not know where to look; no finding means that the score is what
its inputs make it. Put here the order alone; the looks stand beside, by what they look at.
"""

from jobmatch_dagster.core.page import Finding
from jobmatch_dagster.pipeline.explain import match_findings, posting_findings, profile_findings
from jobmatch_dagster.pipeline.explain.facts import Facts


def find(facts: Facts) -> list[Finding]:
    """What stands out, in the order of the pipeline."""
    looks = (*posting_findings.LOOKS, *profile_findings.LOOKS, *match_findings.LOOKS)
    return [found for look in looks for found in look(facts)]
