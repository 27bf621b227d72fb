-- Purpose: rows of jobs beyond the first of each external id.
-- Parameters: none.
-- Indexes: one index-only scan of jobs_external_id_key.
SELECT count(external_id) - count(DISTINCT external_id) AS duplicates
FROM jobs
