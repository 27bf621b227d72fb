-- Purpose: whether a model has vectors, among them one for the current text of every open posting and of every current
--          profile.
-- Parameters: model.
-- Indexes: jobs_open_hashes, job_embeddings_text, cv_profiles_user_id_version_key, profile_embeddings_pkey.
SELECT EXISTS (SELECT FROM job_embeddings WHERE model = :model)
   AND NOT EXISTS (
       SELECT FROM jobs
       LEFT JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model
       WHERE jobs.closed_at IS NULL AND e.text_hash IS DISTINCT FROM jobs.text_hash
   )
   AND NOT EXISTS (
       SELECT FROM users
       JOIN LATERAL (
           SELECT DISTINCT ON (label) * FROM cv_profiles WHERE user_id = users.id ORDER BY label, version DESC
       ) AS p ON true
       LEFT JOIN profile_embeddings AS e ON e.profile_id = p.id AND e.model = :model
       WHERE users.active AND e.text_hash IS DISTINCT FROM p.text_hash
   ) AS complete
