-- Purpose: the open postings that a matching works on: all of them, or those that the users of a bucket were not
--          matched with in this version and scoring, oldest first.
-- Parameters: model, bucket, scoring_key, everything (boolean), most (rows at most, NULL for all).
-- Indexes: jobs_open_hashes, job_embeddings_text, job_match_state_pkey.
SELECT jobs.id, jobs.record_hash
FROM jobs
JOIN job_embeddings AS e ON e.job_id = jobs.id AND e.model = :model AND e.text_hash = jobs.text_hash
LEFT JOIN job_match_state AS s ON s.job_id = jobs.id AND s.bucket = :bucket
WHERE jobs.closed_at IS NULL
  AND (
      :everything
      OR s.record_hash IS DISTINCT FROM jobs.record_hash
      OR s.scoring_key IS DISTINCT FROM :scoring_key
  )
ORDER BY jobs.id
LIMIT :most
