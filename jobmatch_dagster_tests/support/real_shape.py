"""Vendor records, job ads and CV texts as the world writes them.

The project's own ones are invented. Real ones are in `../shared/data` on the machines that have them; nothing of
them may enter the project. A test takes both by `@pytest.mark.parametrize("source", SOURCES)`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobmatch_dagster.core.catalog.normalise import normalise_page
from jobmatch_dagster.core.raw.page_records import parse_page

INVENTED_PAGES = Path(__file__).parent / "data" / "active_jobs"
"""Twenty records of the Active Jobs API in both generations, with every quirk that its real pages have shown."""

_SHARED_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SOURCES = ("invented", "real") if _SHARED_DATA.is_dir() else ("invented",)


@dataclass(frozen=True)
class JobAd:
    """A job ad of any board."""

    board: str
    company: str
    title: str
    description: str


def vendor_records(source: str) -> list[dict[str, Any]]:
    """Twenty records of the Active Jobs API."""
    folder = INVENTED_PAGES if source == "invented" else _SHARED_DATA / "active_jobs"
    return [record for page in sorted(folder.glob("*.json")) for record in parse_page(page.read_bytes())]


def days_of_ads(source: str) -> dict[str, dict[str, JobAd]]:
    """Ads by the day of their snapshot, then by their key."""
    if source == "invented":
        pages = [normalise_page(page.read_bytes()) for page in INVENTED_PAGES.glob("*.json")]
        postings = [posting for page in pages for _, posting in page.postings]
        ads = {p.external_id: JobAd(p.source or "", p.company, p.title, p.description or "") for p in postings}
        return {"2026-11-20": ads}
    return {
        file.stem: {f"{ad['source']}:{ad['source_id']}": _real_ad(ad) for ad in json.loads(file.read_text())["jobs"]}
        for file in sorted((_SHARED_DATA / "job_ads").glob("*.json"))
    }


def _real_ad(ad: dict[str, Any]) -> JobAd:
    return JobAd(ad["source"], ad["company"] or "", ad["title"], ad["description"] or "")


def real_cv_texts() -> list[str]:
    """Texts of real CVs; only where there is the source "real"."""
    lines = (_SHARED_DATA / "cvs" / "resumes_by_category.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]
