-- Purpose: constraints that later stages rely on and that are missing, not validated, based on an invalid index, or
--          foreign keys that are disabled. They are identified by their columns: in a converted database the legacy
--          tables keep the names.
-- Parameters: none.
-- Indexes: none; reads the system catalog.
SELECT expected.name
FROM (
    VALUES ('jobs', 'jobs_pkey', 'p', 'id'), ('jobs', 'jobs_external_id_key', 'u', 'external_id'),
           ('jobs', 'jobs_page_id_fkey', 'f', 'page_id'), ('jobs', 'jobs_cluster_id_fkey', 'f', 'cluster_id'),
           ('job_sightings', 'job_sightings_job_id_fkey', 'f', 'job_id'),
           ('job_embeddings', 'job_embeddings_job_id_fkey', 'f', 'job_id'),
           ('job_match_state', 'job_match_state_job_id_fkey', 'f', 'job_id'),
           ('quarantined_records', 'quarantined_records_page_id_fkey', 'f', 'page_id'),
           ('users', 'users_user_key_key', 'u', 'user_key'),
           ('user_job_matches', 'user_job_matches_pkey', 'p', 'user_id,job_id'),
           ('user_job_matches', 'user_job_matches_user_id_fkey', 'f', 'user_id'),
           ('user_job_matches', 'user_job_matches_job_id_fkey', 'f', 'job_id'),
           ('cv_profiles', 'cv_profiles_user_id_fkey', 'f', 'user_id'),
           ('profile_embeddings', 'profile_embeddings_profile_id_fkey', 'f', 'profile_id'),
           ('claude_requests', 'claude_requests_user_id_fkey', 'f', 'user_id'),
           ('claude_requests', 'claude_requests_job_id_fkey', 'f', 'job_id')
) AS expected (table_name, name, kind, columns)
WHERE NOT EXISTS (
    SELECT FROM pg_constraint AS c
    LEFT JOIN pg_index AS i ON i.indexrelid = c.conindid
    WHERE c.conrelid = to_regclass(quote_ident(expected.table_name))
      AND c.contype = expected.kind::"char"
      AND expected.columns = (
          SELECT string_agg(a.attname, ',' ORDER BY array_position(c.conkey, a.attnum))
          FROM pg_attribute AS a
          WHERE a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)
      )
      AND c.convalidated
      AND (i.indexrelid IS NULL OR i.indisvalid)
      AND NOT EXISTS (SELECT FROM pg_trigger AS t WHERE t.tgconstraint = c.oid AND t.tgenabled IN ('D', 'R'))
)
ORDER BY expected.name
