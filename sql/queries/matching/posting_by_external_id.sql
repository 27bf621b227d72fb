-- Purpose: one posting, open or closed, if it has a vector of the model for its present text.
-- Parameters: external_id, model.
-- Indexes: jobs_external_id_key, job_embeddings_pkey.
SELECT jobs.id, jobs.record_hash
FROM jobs
JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model AND e.text_hash = jobs.text_hash
WHERE jobs.external_id = :external_id
