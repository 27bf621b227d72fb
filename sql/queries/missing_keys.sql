-- Purpose: constraints that later stages lean on and that are missing, not validated, or stand on an invalid index.
-- Parameters: none.
-- Indexes: none; reads the system catalogue.
SELECT expected.name
FROM (
    VALUES ('jobs_pkey'), ('jobs_external_id_key'), ('jobs_page_id_fkey'), ('jobs_cluster_id_fkey'),
           ('job_sightings_job_id_fkey'), ('job_embeddings_job_id_fkey'), ('job_match_state_job_id_fkey'),
           ('quarantined_records_page_id_fkey'), ('users_user_key_key'), ('user_job_matches_user_id_job_id_key'),
           ('user_job_matches_user_id_fkey'), ('user_job_matches_job_id_fkey'), ('cv_profiles_user_id_fkey'),
           ('profile_embeddings_profile_id_fkey'), ('claude_requests_user_id_fkey'), ('claude_requests_job_id_fkey')
) AS expected (name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint AS c
    LEFT JOIN pg_index AS i ON i.indexrelid = c.conindid
    WHERE c.conname = expected.name
      AND c.connamespace = CAST(current_schema() AS regnamespace)
      AND c.convalidated
      AND (i.indexrelid IS NULL OR i.indisvalid)
)
ORDER BY expected.name
