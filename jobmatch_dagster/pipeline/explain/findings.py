"""Findings about a pair: each place where something differs from what it should be, with its remedy.

A finding names the cause, so that the reader need not know where to look. Without findings the score is what its
inputs make it. Belongs here: the order alone.
"""

from collections.abc import Iterator

from jobmatch_dagster.core.explanation_page import Finding
from jobmatch_dagster.pipeline.explain.match_findings import match_findings
from jobmatch_dagster.pipeline.explain.pair_data import PairData
from jobmatch_dagster.pipeline.explain.posting_findings import missing_posting_findings, posting_findings
from jobmatch_dagster.pipeline.explain.profile_findings import profile_findings, vector_findings


def find(data: PairData) -> Iterator[Finding]:
    """Findings, in the order of the pipeline."""
    if data.posting is None:
        yield from missing_posting_findings(data)
    else:
        yield from posting_findings(data, data.posting)
        yield from vector_findings(data, data.posting)
    yield from profile_findings(data)
    yield from match_findings(data)
