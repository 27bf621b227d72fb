-- Origin of a match: the page of the posting, the version of the profile, the vectors, the calibration and the request
-- to Claude, each with the Dagster run that made it.
-- Indexes: user_job_matches_pkey, primary keys, cv_profiles_user_id_version_key,
--          claude_requests_request_hash_key.
CREATE VIEW match_lineage WITH (security_invoker = true) AS
SELECT users.user_key, jobs.external_id, m.match_score, m.semantic_score, m.claude_score, m.run_id AS match_run_id,
       m.scoring_key, m.updated_at AS matched_at,
       pages.id AS page_id, jobs.page_position, pages.endpoint, pages.generation, pages.sha256 AS page_sha256,
       pages.fetched_at, pages.run_id AS page_run_id, jobs.run_id AS job_run_id, jobs.record_hash,
       m.record_hash AS matched_record_hash,
       profiles.id AS profile_id, m.profile_version, profiles.extractor_version, profiles.run_id AS profile_run_id,
       profiles.document_id,
       m.embedding_model, posting_vector.embedded_at AS posting_embedded_at, posting_vector.run_id AS posting_embedding_run_id,
       profile_vector.embedded_at AS profile_embedded_at, profile_vector.run_id AS profile_embedding_run_id,
       m.calibration_id, calibrations.created_at AS calibrated_at,
       m.claude_request_hash, requests.model AS claude_model, requests.prompt_version, requests.cost_usd,
       requests.answered_at, requests.run_id AS claude_run_id,
       m.user_id, m.job_id
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
JOIN job_pages AS pages ON pages.id = jobs.page_id
LEFT JOIN cv_profiles AS profiles ON profiles.user_id = m.user_id AND profiles.version = m.profile_version
LEFT JOIN job_embeddings AS posting_vector ON posting_vector.job_id = m.job_id AND posting_vector.model = m.embedding_model
LEFT JOIN profile_embeddings AS profile_vector
    ON profile_vector.profile_id = profiles.id AND profile_vector.model = m.embedding_model
LEFT JOIN score_calibrations AS calibrations ON calibrations.id = m.calibration_id
LEFT JOIN claude_requests AS requests ON requests.request_hash = m.claude_request_hash;
COMMENT ON VIEW match_lineage IS 'One row per match with everything it was computed from, each with its Dagster run';
