-- Purpose: the ten newest open postings with their vectors of a model, for the preview in the UI.
-- Parameters: model.
-- Indexes: jobs_open, job_embeddings_pkey.
SELECT external_id, title, vector_dims(embedding) AS dimension, CAST(vector_norm(embedding) AS float8) AS length, embedded_at
FROM (SELECT id, external_id, title, date_created FROM jobs WHERE closed_at IS NULL ORDER BY date_created DESC LIMIT 10) AS newest
JOIN job_embeddings AS e ON e.job_id = newest.id AND e.model = :model
ORDER BY date_created DESC
