"""Jobs over assets: what is started together.

Put here selections alone. Jobs with a body of their own belong in `defs/operations`.
"""

import dagster as dg

from jobmatch_dagster import names

hourly_collection = dg.define_asset_job(
    "hourly_collection",
    selection=dg.AssetSelection.assets(
        ["raw", "job_pages"],
        ["catalog", "jobs"],
        ["catalog", "job_embeddings"],
        ["matching", "semantic_matches"],
        ["enrichment", "claude_matches"],
    ),
    tags={names.TAG_PURPOSE: "hourly"},
    description="One hour: fetch its postings, load, embed and match them, and whatever was left over.",
)

daily_upkeep = dg.define_asset_job(
    "daily_upkeep",
    selection=dg.AssetSelection.assets(
        ["catalog", "expired_jobs"],
        ["catalog", "modified_jobs"],
        ["statistics", "job_statistics"],
        ["statistics", "user_statistics"],
    ),
    tags={names.TAG_PURPOSE: "upkeep"},
    description="One day: close postings that expired, take over what the vendor changed, count.",
)

weekly_quality = dg.define_asset_job(
    "weekly_quality",
    selection=dg.AssetSelection.assets(["quality", "score_calibration"], ["quality", "match_quality"]),
    tags={names.TAG_PURPOSE: "quality"},
    description="Fit the scores to the catalogue as it is now, then measure how well the engine ranks.",
)

ingest_cv = dg.define_asset_job(
    "ingest_cv",
    selection=dg.AssetSelection.assets(["profiles", "cv_profiles"]),
    tags={names.TAG_PURPOSE: "ingest"},
    description="One user: read the CV that landed into a new profile version.",
)

rematch_user = dg.define_asset_job(
    "rematch_user",
    selection=dg.AssetSelection.assets(["matching", "user_semantic_matches"], ["enrichment", "user_claude_matches"]),
    tags={names.TAG_PURPOSE: "rematch"},
    description="One user: match the current profile against every open posting.",
)
