-- Purpose: how many of the newest open postings lack a vector, or have one of another text, and whether the vectors
--          have one dimension and unit length.
-- Parameters: model, limit (postings examined), tolerance (of the length).
-- Indexes: jobs_open, job_embeddings_pkey.
SELECT count(*) AS postings,
       count(*) FILTER (WHERE e.job_id IS NULL) AS missing,
       count(*) FILTER (WHERE e.text_hash <> newest.text_hash) AS stale,
       count(DISTINCT vector_dims(e.embedding)) AS dimensions,
       max(vector_dims(e.embedding)) AS dimension,
       count(*) FILTER (WHERE NOT abs(vector_norm(e.embedding) - 1) <= :tolerance) AS not_unit,
       coalesce(max(abs(vector_norm(e.embedding) - 1)), 0) AS worst_deviation
FROM (SELECT id, text_hash FROM jobs WHERE closed_at IS NULL ORDER BY date_created DESC LIMIT :limit) AS newest
LEFT JOIN job_embeddings AS e ON e.job_id = newest.id AND e.model = :model
