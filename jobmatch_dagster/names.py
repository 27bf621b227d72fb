"""Names used in more than one place: groups, kinds, owners, pools, tags, jobs.

Put here what would otherwise be a string written twice.
"""

OWNERS = ["team:jobmatch"]
KINDS_POSTGRES = {"python", "postgres"}
KINDS_API = {"python", "postgres", "api"}
KINDS_EMBEDDING = {"python", "postgres", "huggingface"}
KINDS_CLAUDE = {"python", "postgres", "anthropic"}

# Pools keep what is scarce from being used twice at once; dagster.yaml gives each pool its slots.
POOL_ACTIVE_JOBS = "active_jobs_api"
POOL_EMBEDDER = "embedder"
POOL_CLAUDE = "claude"
POOLS = (POOL_ACTIVE_JOBS, POOL_EMBEDDER, POOL_CLAUDE)

# Metadata of a failure: whether a person must change something first.
PERMANENT_FAILURE = "permanent"

TAG_PURPOSE = "jobmatch/purpose"
TAG_HOUR = "jobmatch/hour"
TAG_USER = "jobmatch/user"
TAG_POSTING = "jobmatch/posting"
TAG_COST_USD = "jobmatch/cost_usd"
TAG_WORK = "jobmatch/work"
TAG_PROFILE_VERSION = "jobmatch/profile_version"
TAG_PREFERENCES_VERSION = "jobmatch/preferences_version"

PURPOSE_EXPLAIN = "explain"

# Tags that Dagster itself puts on runs.
TAG_PARTITION = "dagster/partition"
TAG_RANGE_START = "dagster/asset_partition_range_start"
TAG_RANGE_END = "dagster/asset_partition_range_end"
