-- Purpose: the scores of pairs, to see how far they agree: all that Claude scored and a sample of the others.
-- Parameters: most (pairs at most).
-- Indexes: none; one scan of user_job_matches.
SELECT users.user_key, jobs.external_id, m.semantic_score, m.match_score, m.claude_score
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
ORDER BY m.claude_score IS NULL, md5(users.user_key || jobs.external_id)
LIMIT :most
