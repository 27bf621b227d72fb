-- Purpose: the skills that the postings which a run wrote ask for most, and how many postings ask for each.
-- Parameters: run_id.
-- Indexes: jobs_run_id.
SELECT skill, count(*) AS postings
FROM jobs
CROSS JOIN LATERAL unnest(ai_key_skills) AS skill
WHERE run_id = :run_id
GROUP BY skill
ORDER BY postings DESC, skill
LIMIT 15
