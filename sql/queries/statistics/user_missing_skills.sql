-- Purpose: skills that each user's matches ask for most often and that the CV does not show. Spellings that differ
--          in case are one skill, named by the spelling that sorts first.
-- Parameters: user_key (NULL for all users), most (skills for each user).
-- Indexes: users_user_key_key and user_job_matches_pkey for one user; else one scan of the matches.
SELECT users.user_key, ranked.skill, ranked.matches
FROM (
    SELECT m.user_id, min(missing.skill) AS skill, count(*) AS matches,
           row_number() OVER (
               PARTITION BY m.user_id ORDER BY count(*) DESC, missing.folded COLLATE "C"
           ) AS place
    FROM user_job_matches AS m
    CROSS JOIN LATERAL (
        SELECT lower(skill) AS folded, min(skill COLLATE "C") AS skill
        FROM unnest(m.missing_skills) AS skill
        GROUP BY lower(skill)
    ) AS missing
    WHERE CAST(:user_key AS text) IS NULL OR m.user_id = (SELECT id FROM users WHERE user_key = :user_key)
    GROUP BY m.user_id, missing.folded
) AS ranked
JOIN users ON users.id = ranked.user_id
WHERE ranked.place <= :most
ORDER BY users.user_key COLLATE "C", ranked.place
