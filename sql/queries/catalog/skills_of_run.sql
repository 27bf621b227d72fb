-- Purpose: the 15 skills that the postings of a run ask for most often, with the number of postings.
-- Parameters: run_id.
-- Indexes: jobs_run_id.
SELECT skill, count(*) AS postings
FROM jobs
CROSS JOIN LATERAL unnest(ai_key_skills) AS skill
WHERE run_id = :run_id
GROUP BY skill
ORDER BY postings DESC, skill
LIMIT 15
