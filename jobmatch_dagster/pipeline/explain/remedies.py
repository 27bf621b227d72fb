"""Remedies that several findings share, as commands and click paths."""

from datetime import timedelta

from jobmatch_dagster.core.operations.next_steps import launch_job, launch_partitions, materialize_asset
from jobmatch_dagster.core.raw.windows import hour_name, latest_collectable_hour
from jobmatch_dagster.pipeline.explain.pair_data import PairData


def match_user(data: PairData) -> str:
    """Read the user's CV if it is due, embed the profile, match the user with every open posting."""
    return launch_job("match_users", "match_listed_users", user_keys=[data.user_key])


def repair_posting(external_id: str) -> str:
    """Read the posting again from its page, with its facts, vector and matches."""
    return launch_job("repair_posting", "reread_posting", external_id=external_id)


def repair_profile(data: PairData) -> str:
    """Read the user's CV again, with the vector and the matches."""
    return launch_job("repair_profile", "reread_profile", user_key=data.user_key)


def activate(data: PairData) -> str:
    """As `repair_profile`, for a user who is not active."""
    return launch_job("repair_profile", "reread_profile", user_key=data.user_key, activate=True)


def match_everybody() -> str:
    """Match every user again, also with postings whose version has not changed."""
    return launch_job("match_existing_jobs", "match_everybody", again=True)


def load_pages(data: PairData, *, rebuild: bool) -> str:
    """Load the stored pages: the new ones, or all."""
    config = {"rebuild": True} if rebuild else {}
    return materialize_asset("catalog/jobs", partition=_newest_hour(data), **config)


def embed_postings(data: PairData) -> str:
    """Embed postings without a current vector."""
    return materialize_asset("catalog/job_embeddings", partition=_newest_hour(data))


def match_postings(data: PairData) -> str:
    """Match the postings that are new or have changed."""
    return materialize_asset("matching/semantic_matches", partition=_newest_hour(data))


def close_postings(data: PairData) -> str:
    """Close postings that have expired."""
    yesterday = (data.now - timedelta(days=1)).strftime("%Y-%m-%d")
    return launch_partitions("daily_upkeep", [yesterday])


def ask_claude_again(request_hash: str) -> str:
    """Ask Claude again about the pairs of a request."""
    return launch_job("collect_claude_batches", "ask_waiting_pairs", again_request=request_hash)


def _newest_hour(data: PairData) -> str:
    return hour_name(latest_collectable_hour(data.now))
