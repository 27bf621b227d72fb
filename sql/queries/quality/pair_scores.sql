-- Purpose: the scores of every match, for an evaluation on judged pairs.
-- Parameters: none.
-- Indexes: none; an evaluation reads all matches of its temporary database.
SELECT users.user_key, jobs.external_id, m.exact_score, m.match_score, m.semantic_score
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
