"""`jobmatch evaluate`: any postings and CVs in, one line for each CV out."""

import json
import re
import subprocess
import sys
from pathlib import Path

from jobmatch_dagster.core.matching.scoring import PARTS
from jobmatch_dagster.demo.corpus import postings_of_hour
from jobmatch_dagster_tests.support.world import ENGINEER_CV, HOUR, NURSE_CV


def _evaluate(pages: Path, cvs: Path, out: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jobmatch_dagster.cli", "evaluate", "--pages", pages, "--cvs", cvs, "--out", out, *more],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_each_cv_gets_its_ads_best_first(tmp_path: Path) -> None:
    pages, cvs, out = tmp_path / "pages", tmp_path / "cvs.jsonl", tmp_path / "ranked.jsonl"
    pages.mkdir()
    records = postings_of_hour(HOUR, count=30)
    foreign = {
        "source_id": 7, "title": "Registered Nurse", "company": "Klinikum", "published_at": "1783978234",
        "description": "Patient care.",
    }  # fmt: skip
    (pages / "page.json").write_text(json.dumps([*records, foreign, records[0], "no record"]))
    (pages / "broken.json").write_text("[{")
    cvs.write_text("".join(json.dumps({"text": text}) + "\n" for text in (NURSE_CV, "", ENGINEER_CV)))
    done = _evaluate(pages, cvs, out)
    assert done.returncode == 0, done.stderr
    assert "broken.json skipped:" in done.stderr
    assert "page.json, record 32 skipped:" in done.stderr
    assert 'cvs.jsonl, line 1: no "text", so no ads' in done.stderr
    assert "31 postings, 3 CVs" in done.stderr
    nurse, empty, engineer = map(json.loads, out.read_text().splitlines())
    assert (nurse["cv"], empty, engineer["cv"]) == (0, {"cv": 1, "ads": []}, 2)
    known = {record["id"] for record in records} | {7}
    for ranked in (nurse["ads"], engineer["ads"]):
        assert ranked
        assert len(ranked) == len(set(ranked))
        assert set(ranked) <= known
    assert 7 in nurse["ads"][:10]
    assert nurse["ads"] != engineer["ads"]


def test_judged_pairs_are_compared_with_the_scores(tmp_path: Path) -> None:
    pages, cvs, out, judged = (tmp_path / name for name in ("pages", "cvs.jsonl", "ranked.jsonl", "judged.jsonl"))
    pages.mkdir()
    (pages / "page.json").write_text(json.dumps(postings_of_hour(HOUR, count=30)))
    cvs.write_text("".join(json.dumps({"text": text}) + "\n" for text in (NURSE_CV, ENGINEER_CV)))
    assert _evaluate(pages, cvs, out).returncode == 0
    # Judged as the engine ranks: the order is perfect.
    ranked = {line["cv"]: line["ads"] for line in map(json.loads, out.read_text().splitlines())}
    lines = [
        {"cv": cv, "ad": ad, "label": 2 if place < 3 else 1 if place < 6 else 0}
        for cv, ads in ranked.items()
        for place, ad in enumerate(ads)
    ]
    judged.write_text("\n".join([*map(json.dumps, lines), "no line"]))
    done = _evaluate(pages, cvs, out, "--judged", judged)
    assert done.returncode == 0, done.stderr
    assert f"judged.jsonl, line {len(lines)} skipped" in done.stderr
    assert re.search(r"nDCG@10 of the order by score\W+1\.000", done.stdout)
    assert re.search(r"CVs with a pair that fits\W+2", done.stdout)
    for part in PARTS:
        assert re.search(rf"{part.replace('_', ' ')}\W+[01]\.\d{{3}}\W+[+-]0\.\d{{3}}", done.stdout)
    judged.write_text("no line")
    refused = _evaluate(pages, cvs, out, "--judged", judged)
    assert refused.returncode == 1
    assert "No judged pair in" in refused.stderr


def test_folder_without_a_posting_is_one_sentence(tmp_path: Path) -> None:
    cvs = tmp_path / "cvs.jsonl"
    cvs.write_text(json.dumps({"text": NURSE_CV}))
    done = _evaluate(tmp_path, cvs, tmp_path / "out.jsonl")
    assert done.returncode == 1
    assert done.stderr.startswith(f"jobmatch: No posting in {tmp_path}: --pages takes *.json files")
    assert len(done.stderr.splitlines()) == 1
