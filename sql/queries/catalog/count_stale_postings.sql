-- Purpose: number of open postings without a vector of this model, or with the vector of another text.
-- Parameters: model, bucket (NULL: all postings), buckets (the id modulo them is the bucket).
-- Indexes: jobs_open, job_embeddings_pkey.
SELECT count(*) AS postings
FROM jobs
LEFT JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model
WHERE jobs.closed_at IS NULL
  AND e.text_hash IS DISTINCT FROM jobs.text_hash
  AND (CAST(:bucket AS integer) IS NULL OR mod(jobs.id, :buckets) = :bucket)
