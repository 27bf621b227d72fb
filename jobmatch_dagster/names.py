"""Names that more than one room uses: owners, kinds, pools, tags, decisions."""

# As in workspace.yaml.
CODE_LOCATION = "jobmatch_dagster"
OWNERS = ["team:jobmatch"]
KINDS_POSTGRES = {"python", "postgres"}
KINDS_API = {"python", "postgres", "api"}
KINDS_EMBEDDING = {"python", "postgres", "huggingface"}
KINDS_CLAUDE = {"python", "postgres", "anthropic"}

# What an asset has or does that people filter by.
TAGS_PII = {"jobmatch/pii": "true"}
TAGS_CREDITS = {"jobmatch/spends": "credits"}
TAGS_USD = {"jobmatch/spends": "usd"}

# A pool limits how many steps use something scarce at once; dagster.yaml sets the limit.
POOL_ACTIVE_JOBS = "active_jobs_api"
POOL_EMBEDDER = "embedder"
POOL_CLAUDE = "claude"
# One user's work, which takes seconds: it never waits for the embedding of a backfill.
POOL_INTERACTIVE = "interactive"
POOLS = (POOL_ACTIVE_JOBS, POOL_EMBEDDER, POOL_CLAUDE, POOL_INTERACTIVE)

# Metadata key of a failure: whether a retry cannot help.
PERMANENT_FAILURE = "permanent"

TAG_ROOM = "jobmatch/room"
TAG_PURPOSE = "jobmatch/purpose"
TAG_HOUR = "jobmatch/hour"
TAG_USER = "jobmatch/user"
TAG_POSTING = "jobmatch/posting"
TAG_COST_USD = "jobmatch/cost_usd"
TAG_WORK = "jobmatch/work"
TAG_PROFILE_VERSION = "jobmatch/profile_version"
TAG_PREFERENCES_VERSION = "jobmatch/preferences_version"

PURPOSE_EXPLAIN = "explain"

# Tags that Dagster sets or reads itself.
TAG_PARTITION = "dagster/partition"
TAG_RANGE_START = "dagster/asset_partition_range_start"
TAG_RANGE_END = "dagster/asset_partition_range_end"
TAG_BACKFILL = "dagster/backfill"
TAG_PRIORITY = "dagster/priority"
TAG_MAX_RETRIES = "dagster/max_retries"
TAG_KUBERNETES = "dagster-k8s/config"

# Of the four runs at a time (dagster.yaml) one is left to runs that are not bulk; those are taken from the queue first.
# In Kubernetes they ask for more than the values of the chart give to any run; other launchers ignore that tag.
BULK = {
    TAG_ROOM: "bulk",
    TAG_KUBERNETES: '{"container_config": {"resources": {"requests": {"cpu": "2", "memory": "3Gi"}, '
    '"limits": {"memory": "6Gi"}}}}',
}
INTERACTIVE = {TAG_PRIORITY: "10"}

# A shard of less than a thousandth of the work costs more than it saves.
MOST_BUCKETS = 256

# What a user can decide on a match.
DECISIONS = ("new", "saved", "applied", "rejected")
# Why, in one word.
REASONS = ("too_senior", "too_junior", "wrong_field", "wrong_place", "pay", "company", "skills_wrong", "other")
