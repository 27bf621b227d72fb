-- Purpose: scores of pairs, to see how far they agree: all that Claude scored and a sample of the others. Users are
--          identified by their id: what is shown stays in Dagster's history when they are forgotten.
-- Parameters: most (pairs at most).
-- Indexes: none; one scan of user_job_matches.
SELECT m.user_id, jobs.external_id, m.semantic_score, m.match_score, m.claude_score
FROM user_job_matches AS m
JOIN jobs ON jobs.id = m.job_id
ORDER BY m.claude_score IS NULL, md5(m.user_id || ' ' || jobs.external_id)
LIMIT :most
