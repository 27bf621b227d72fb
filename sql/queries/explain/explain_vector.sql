-- Purpose: what is known of a posting's vector of a model.
-- Parameters: job_id, model.
-- Indexes: job_embeddings_pkey.
SELECT text_hash, embedded_at, run_id, vector_dims(embedding) AS dimension,
       CAST(vector_norm(embedding) AS float8) AS norm
FROM job_embeddings
WHERE job_id = :job_id
  AND model = :model
