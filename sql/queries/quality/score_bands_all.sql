-- Purpose: number of stored pairs of open postings by band (from 0, 30, 50, 70, 85), for each of the three scores;
--          pairs without a score are not counted.
-- Parameters: none.
-- Indexes: none; one scan of user_job_matches.
SELECT score, CASE WHEN value >= 85 THEN 85 WHEN value >= 70 THEN 70 WHEN value >= 50 THEN 50
                   WHEN value >= 30 THEN 30 ELSE 0 END AS low,
       count(*) AS pairs
FROM user_job_matches AS m
JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
CROSS JOIN LATERAL (
    VALUES ('semantic_score', m.semantic_score), ('match_score', m.match_score), ('claude_score', m.claude_score)
) AS s (score, value)
WHERE value IS NOT NULL
GROUP BY 1, 2
ORDER BY 1, 2
