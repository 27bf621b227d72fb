-- Purpose: reopen closed postings that a newer page has again, and let them be matched again.
-- Parameters: none; reads the temporary table staged_sightings.
-- Indexes: jobs_external_id_key, job_match_state_pkey.
WITH reopened AS (
    UPDATE jobs
    SET closed_at = NULL, closed_reason = NULL, updated_at = now()
    FROM (SELECT external_id, max(page_fetched_at) AS seen_at FROM staged_sightings GROUP BY external_id) AS seen
    WHERE jobs.external_id = seen.external_id
      AND jobs.closed_at IS NOT NULL
      AND jobs.closed_at < seen.seen_at
      AND (jobs.date_validthrough IS NULL OR jobs.date_validthrough > seen.seen_at)
    RETURNING jobs.id
), forgotten AS (
    DELETE FROM job_match_state USING reopened WHERE job_match_state.job_id = reopened.id
)
SELECT count(*) AS reopened FROM reopened
