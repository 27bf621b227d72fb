"""CVs of other people's bug reports, in own words: years of experience, education and seniority.

`source` of a case is the report or the kind of file. Decided for the job seeker where a case could mean two things: an
apprenticeship, studies and military service in a list of jobs are no years of experience (`tenure/jobs.py` says why),
and a job that is dated with one year alone is half a year.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobmatch_dagster.core.profiles.profile import extract_profile

_TODAY = date(2026, 9, 15)
_FILE = Path(__file__).parents[2] / "support" / "data" / "field_cases" / "experience.jsonl"
_CASES = [json.loads(line) for line in _FILE.read_text(encoding="utf-8").splitlines()]
# Both months of a period count, and the result has one decimal.
_TOLERANCE_YEARS = 0.11


@pytest.mark.parametrize("case", _CASES, ids=[case["id"] for case in _CASES])
def test_a_reported_cv_is_read_right(case: dict[str, Any]) -> None:
    found = getattr(extract_profile(case["text"], today=_TODAY), case["field"])
    if isinstance(case["expected"], float):
        assert found == pytest.approx(case["expected"], abs=_TOLERANCE_YEARS)
    else:
        assert found == case["expected"]
