-- Purpose: most frequent industries of each user's matches; a posting counts in each of its industries.
-- Parameters: user_key (NULL for all users), most (industries for each user).
-- Indexes: users_user_key_key, user_job_matches_pkey and jobs_pkey for one user; else one scan of
--          each table.
SELECT users.user_key, ranked.industry, ranked.matches
FROM (
    SELECT m.user_id, industries.industry, count(*) AS matches,
           row_number() OVER (
               PARTITION BY m.user_id ORDER BY count(*) DESC, industries.industry COLLATE "C"
           ) AS place
    FROM user_job_matches AS m
    JOIN jobs ON jobs.id = m.job_id
    CROSS JOIN LATERAL (SELECT DISTINCT unnest(jobs.ai_taxonomies_a) AS industry) AS industries
    WHERE CAST(:user_key AS text) IS NULL OR m.user_id = (SELECT id FROM users WHERE user_key = :user_key)
    GROUP BY m.user_id, industries.industry
) AS ranked
JOIN users ON users.id = ranked.user_id
WHERE ranked.place <= :most
ORDER BY users.user_key COLLATE "C", ranked.place
