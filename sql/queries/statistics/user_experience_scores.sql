-- Purpose: average weighted score of each user's matches, by the experience level that the postings ask for.
-- Parameters: user_key (NULL for all users).
-- Indexes: users_user_key_key, user_job_matches_pkey and jobs_pkey for one user.
SELECT users.user_key, jobs.ai_experience_level AS experience_level,
       CAST(avg(matches.match_score) AS double precision) AS average_score
FROM users
JOIN user_job_matches AS matches ON matches.user_id = users.id AND matches.match_score IS NOT NULL
JOIN jobs ON jobs.id = matches.job_id
WHERE CAST(:user_key AS text) IS NULL OR users.user_key = :user_key
GROUP BY users.user_key, jobs.ai_experience_level
ORDER BY users.user_key COLLATE "C", jobs.ai_experience_level COLLATE "C"
