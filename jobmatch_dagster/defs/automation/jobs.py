"""Jobs over assets: which assets run together. Jobs with a body of their own are in `defs/operations`."""

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
        ["statistics", "job_statistics"],
        ["operations", "health"],
    ),
    tags={names.TAG_PURPOSE: "hourly", **names.BULK},
    description="Fetches the postings of an hour, then loads, embeds, matches and counts them, and does whatever else "
    "is due.",
)

daily_upkeep = dg.define_asset_job(
    "daily_upkeep",
    selection=dg.AssetSelection.assets(
        ["catalog", "expired_jobs"],
        ["catalog", "modified_jobs"],
        ["statistics", "user_statistics"],
    ),
    tags={names.TAG_PURPOSE: "upkeep", **names.BULK},
    description="Closes expired postings, applies the vendor's changes of the last day, counts users' matches.",
)

daily_digests = dg.define_asset_job(
    "daily_digests",
    selection=dg.AssetSelection.assets(["notifications", "user_digests"]),
    tags={names.TAG_PURPOSE: "digests"},
    description="Writes each user's new matches as pages and a feed; nothing new writes nothing.",
)

hourly_digests = dg.define_asset_job(
    "hourly_digests",
    selection=dg.AssetSelection.assets(["notifications", "hourly_digests"]),
    tags={names.TAG_PURPOSE: "digests"},
    description="Writes the new matches of users who ask for digests by the hour, and delivers what waits.",
)

weekly_quality = dg.define_asset_job(
    "weekly_quality",
    selection=dg.AssetSelection.assets(["quality", "score_calibration"], ["quality", "match_quality"]),
    tags={names.TAG_PURPOSE: "quality", **names.BULK},
    description="Fits the scores to the current catalog, then measures how well the engine ranks.",
)

weekly_trends = dg.define_asset_job(
    "weekly_trends",
    selection=dg.AssetSelection.assets(["statistics", "market_trends"]),
    tags={names.TAG_PURPOSE: "trends", **names.BULK},
    description="Counts a week of the market beside the week before.",
)

# Every check that is no part of an asset, so that hours, users and quality are looked at when no hour runs.
watch = dg.define_asset_job(
    "watch",
    selection=dg.AssetSelection.all_asset_checks() - dg.AssetSelection.checks_for_assets(["profiles", "cv_profiles"])
    | dg.AssetSelection.assets(["operations", "health"]),
    tags={names.TAG_PURPOSE: "watch"},
    description="Evaluates every check and writes the page of operations/health.",
)

ingest_cv = dg.define_asset_job(
    "ingest_cv",
    selection=dg.AssetSelection.assets(["profiles", "cv_profiles"]),
    tags={names.TAG_PURPOSE: "ingest", **names.INTERACTIVE},
    description="Reads the new CV of one user into a new profile version.",
)

rematch_user = dg.define_asset_job(
    "rematch_user",
    selection=dg.AssetSelection.assets(["matching", "user_semantic_matches"], ["enrichment", "user_claude_matches"]),
    tags={names.TAG_PURPOSE: "rematch", **names.INTERACTIVE},
    description="Matches the current profile of one user with every open posting.",
)
