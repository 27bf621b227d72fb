-- Purpose: status of every row of the legacy jobs, as a match of one user.
-- Parameters: user_key (text), to whom the statuses are attributed.
-- Indexes: none; one scan of the backup of jobs.
SELECT 'jobs ' || j.id AS match_id, CAST(:user_key AS text) AS user_key, CAST(j.job_id AS text) AS external_id,
       coalesce(to_jsonb(j) ->> 'status', '') AS status,
       coalesce(to_jsonb(j) ->> 'last_updated', to_jsonb(j) ->> 'discovered_date') AS changed_at
FROM jobs_legacy_backup AS j
