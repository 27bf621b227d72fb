-- Purpose: choose one posting (open or closed) into the temporary table postings_to_match, when it has a
--          vector of the model for its present text.
-- Parameters: external_id, model.
-- Indexes: jobs_external_id_key, job_embeddings_pkey.
CREATE TEMPORARY TABLE postings_to_match ON COMMIT DROP AS
SELECT jobs.id AS job_id, jobs.record_hash
FROM jobs
JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model AND e.text_hash = jobs.text_hash
WHERE jobs.external_id = :external_id
