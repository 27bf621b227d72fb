-- Purpose: open postings without a vector of this model, or with the vector of another text.
-- Parameters: model, limit, bucket (NULL: all postings), buckets (the id modulo them is the bucket).
-- Indexes: jobs_open, job_embeddings_pkey.
SELECT jobs.id, jobs.text_hash, jobs.title, jobs.ai_key_skills, jobs.ai_keywords,
       jobs.ai_core_responsibilities, jobs.ai_requirements_summary, jobs.description
FROM jobs
LEFT JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model
WHERE jobs.closed_at IS NULL
  AND e.text_hash IS DISTINCT FROM jobs.text_hash
  AND (CAST(:bucket AS integer) IS NULL OR mod(jobs.id, :buckets) = :bucket)
ORDER BY jobs.id
LIMIT :limit
