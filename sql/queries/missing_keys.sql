-- Purpose: constraints that later stages lean on and that are missing on their table, not validated, stand on an
--          invalid index, or are a foreign key that is switched off.
-- Parameters: none.
-- Indexes: none; reads the system catalogue.
SELECT expected.name
FROM (
    VALUES ('jobs', 'jobs_pkey'), ('jobs', 'jobs_external_id_key'), ('jobs', 'jobs_page_id_fkey'),
           ('jobs', 'jobs_cluster_id_fkey'), ('job_sightings', 'job_sightings_job_id_fkey'),
           ('job_embeddings', 'job_embeddings_job_id_fkey'), ('job_match_state', 'job_match_state_job_id_fkey'),
           ('quarantined_records', 'quarantined_records_page_id_fkey'), ('users', 'users_user_key_key'),
           ('user_job_matches', 'user_job_matches_user_id_job_id_key'),
           ('user_job_matches', 'user_job_matches_user_id_fkey'), ('user_job_matches', 'user_job_matches_job_id_fkey'),
           ('cv_profiles', 'cv_profiles_user_id_fkey'), ('profile_embeddings', 'profile_embeddings_profile_id_fkey'),
           ('claude_requests', 'claude_requests_user_id_fkey'), ('claude_requests', 'claude_requests_job_id_fkey')
) AS expected (table_name, name)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint AS c
    LEFT JOIN pg_index AS i ON i.indexrelid = c.conindid
    WHERE c.conname = expected.name
      AND c.conrelid = to_regclass(quote_ident(expected.table_name))
      AND c.convalidated
      AND (i.indexrelid IS NULL OR i.indisvalid)
      AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = c.oid AND t.tgenabled IN ('D', 'R'))
)
ORDER BY expected.name
