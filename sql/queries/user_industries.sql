-- Purpose: the industries that most of each user's matches are of.
-- Parameters: user_key, or NULL for all users; most, the industries to give for each user.
-- Indexes: users_user_key_key, user_job_matches_user_id_job_id_key and jobs_pkey for one user.
SELECT user_key, industry, matches
FROM (
    SELECT users.user_key, industry, count(*) AS matches,
           row_number() OVER (PARTITION BY users.user_key ORDER BY count(*) DESC, industry COLLATE "C") AS place
    FROM users
    JOIN user_job_matches AS m ON m.user_id = users.id
    JOIN jobs ON jobs.id = m.job_id
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(jobs.ai_taxonomies_a) AS industry) AS industries
    WHERE CAST(:user_key AS text) IS NULL OR users.user_key = :user_key
    GROUP BY users.user_key, industry
) AS ranked
WHERE place <= :most
ORDER BY user_key COLLATE "C", place
