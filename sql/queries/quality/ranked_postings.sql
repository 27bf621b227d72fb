-- Purpose: every user's matches, best first, for an evaluation.
-- Parameters: none. Returns user_key and the array of external ids.
-- Indexes: none; an evaluation reads all matches of its temporary database.
SELECT users.user_key,
       array_agg(jobs.external_id ORDER BY m.exact_score DESC, jobs.external_id) AS external_ids
FROM user_job_matches AS m
JOIN users ON users.id = m.user_id
JOIN jobs ON jobs.id = m.job_id
GROUP BY users.user_key
