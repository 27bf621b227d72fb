-- Purpose: kept pairs of open postings by band of semantic_score (0, 30, 50, 70, 85).
-- Parameters: none.
-- Indexes: none; one scan of user_job_matches.
SELECT CASE WHEN semantic_score >= 85 THEN 85 WHEN semantic_score >= 70 THEN 70
            WHEN semantic_score >= 50 THEN 50 WHEN semantic_score >= 30 THEN 30 ELSE 0 END AS low,
       count(*) AS pairs
FROM user_job_matches
JOIN jobs ON jobs.id = job_id AND closed_at IS NULL
WHERE semantic_score IS NOT NULL
GROUP BY 1
ORDER BY 1
