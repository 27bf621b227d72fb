"""Column lineage for the UI: the columns from which each column's value is computed.

Columns that say when, by which run or with which version a row was made are not listed.
"""

from collections.abc import Mapping, Sequence

import dagster as dg

from jobmatch_dagster.core.matching.scoring import SCORE_COLUMNS
from jobmatch_dagster.core.posting import POSTING_COLUMNS

Source = tuple[str, str]

_EMBEDDED = (
    "title", "ai_key_skills", "ai_keywords", "ai_core_responsibilities", "ai_requirements_summary", "description",
)  # fmt: skip
_MATCH_PARTS: Mapping[str, Sequence[Source]] = {
    "similarity": [("catalog/job_embeddings", "embedding"), ("profiles/cv_profiles", "embedding_text")],
    "skills_score": [
        ("catalog/jobs", "ai_key_skills"),
        ("catalog/jobs", "title"),
        ("catalog/jobs", "description"),
        ("profiles/cv_profiles", "skills"),
    ],
    "experience_score": [("catalog/jobs", "ai_experience_level"), ("profiles/cv_profiles", "experience_level")],
    "industry_score": [("catalog/jobs", "ai_taxonomies_a"), ("profiles/cv_profiles", "industries")],
    "work_arrangement_score": [
        ("catalog/jobs", "ai_work_arrangement"),
        ("profiles/cv_profiles", "work_arrangements"),
    ],
}
_ALL_PARTS = list(dict.fromkeys(source for sources in _MATCH_PARTS.values() for source in sources))
_MATCHES: Mapping[str, Sequence[Source]] = {
    **_MATCH_PARTS,
    "job_id": [("catalog/jobs", "id")],
    "user_id": [("profiles/cv_profiles", "user_id")],
    "profile_version": [("profiles/cv_profiles", "version")],
    "record_hash": [("catalog/jobs", "record_hash")],
    "semantic_score": _MATCH_PARTS["similarity"],
    "match_score": _ALL_PARTS,
    "priority": _ALL_PARTS,
    "matching_skills": _MATCH_PARTS["skills_score"],
    "missing_skills": _MATCH_PARTS["skills_score"],
    "match_reasoning": _ALL_PARTS,
}
_CLAUDE = ("claude_score", "match_reasoning", "key_alignments", "potential_gaps")


def _claude(matching: str) -> Mapping[str, Sequence[Source]]:
    asked = [(matching, column) for column in SCORE_COLUMNS]
    return {
        "claude_status": [(matching, "claude_status"), (matching, "semantic_score")],
        "priority": [(matching, "match_score"), *asked],
        **dict.fromkeys(_CLAUDE, asked),
    }


LINEAGE: Mapping[str, Mapping[str, Sequence[Source]]] = {
    "catalog/jobs": {
        **{column: [("raw/job_pages", "body")] for column in POSTING_COLUMNS},
        "search_text": [("raw/job_pages", "body")],
        "collection_hour": [("raw/job_pages", "body")],
        "page_id": [("raw/job_pages", "id")],
        "page_fetched_at": [("raw/job_pages", "fetched_at")],
    },
    "catalog/job_embeddings": {
        "job_id": [("catalog/jobs", "id")],
        "text_hash": [("catalog/jobs", "text_hash")],
        "embedding": [("catalog/jobs", column) for column in _EMBEDDED],
    },
    "matching/semantic_matches": _MATCHES,
    "matching/user_semantic_matches": _MATCHES,
    "enrichment/claude_matches": _claude("matching/semantic_matches"),
    "enrichment/user_claude_matches": _claude("matching/user_semantic_matches"),
}
"""Asset -> column -> the (asset, column) pairs from which it is computed."""


def column_lineage(asset: str) -> dg.TableColumnLineage:
    """Lineage of an asset's columns.

    Args:
        asset: the asset's key, for instance `catalog/jobs`.
    """
    return dg.TableColumnLineage(
        deps_by_column={
            column: [
                dg.TableColumnDep(asset_key=dg.AssetKey(key.split("/")), column_name=name) for key, name in sources
            ]
            for column, sources in LINEAGE[asset].items()
        }
    )


def lineage_metadata(asset: str) -> dict[str, dg.TableColumnLineage]:
    """The lineage as metadata of a materialization: the UI draws columns from there alone."""
    return {"dagster/column_lineage": column_lineage(asset)}
