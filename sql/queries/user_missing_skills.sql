-- Purpose: the skills that each user's matches ask for most often and the CV does not show. Spellings that differ
--          in case are one skill, called by the spelling that sorts first.
-- Parameters: user_key, or NULL for all users; most, the skills to give for each user.
-- Indexes: users_user_key_key and user_job_matches_user_id_job_id_key for one user.
SELECT user_key, skill, matches
FROM (
    SELECT users.user_key, min(missing.skill COLLATE "C") AS skill, count(DISTINCT m.id) AS matches,
           row_number() OVER (
               PARTITION BY users.user_key
               ORDER BY count(DISTINCT m.id) DESC, lower(missing.skill) COLLATE "C"
           ) AS place
    FROM users
    JOIN user_job_matches AS m ON m.user_id = users.id
    CROSS JOIN LATERAL unnest(m.missing_skills) AS missing (skill)
    WHERE CAST(:user_key AS text) IS NULL OR users.user_key = :user_key
    GROUP BY users.user_key, lower(missing.skill)
) AS ranked
WHERE place <= :most
ORDER BY user_key COLLATE "C", place
