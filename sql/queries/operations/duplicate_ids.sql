-- Purpose: rows of jobs beyond the first of each external id.
-- Parameters: none.
-- Indexes: jobs_external_id_key, one index-only scan.
SELECT count(external_id) - count(DISTINCT external_id) AS duplicates
FROM jobs
