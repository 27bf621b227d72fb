-- Purpose: status of every legacy match with a user, and the posting's external id where a legacy table has it. A match
--          refers to a posting by the number of its row or by the vendor's id, depending on the program's version.
-- Parameters: none; reads the backups of user_job_matches, jobs and raw_jobs_test.
-- Indexes: none; one scan of each backup.
SELECT CAST(match.data ->> 'id' AS text) AS match_id, match.data ->> 'user_id' AS user_key,
       coalesce(by_number.job_id, by_id.job_id, rich.external_id) AS external_id,
       coalesce(match.data ->> 'status', '') AS status,
       coalesce(match.data ->> 'last_updated', match.data ->> 'updated_at', match.data ->> 'created_date') AS changed_at
FROM (SELECT to_jsonb(m) AS data FROM user_job_matches_legacy_backup AS m) AS match
LEFT JOIN jobs_legacy_backup AS by_number ON CAST(by_number.id AS text) = match.data ->> 'job_id'
LEFT JOIN jobs_legacy_backup AS by_id ON by_id.job_id = match.data ->> 'job_id'
LEFT JOIN raw_jobs_test_legacy_backup AS rich ON CAST(rich.external_id AS text) = match.data ->> 'job_id'
WHERE match.data ->> 'user_id' IS NOT NULL
