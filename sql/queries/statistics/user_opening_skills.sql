-- Purpose: for each user the skills that would complete most matches: the posting is open, asks for the skill, and lacks
--          at most one other. Spellings that differ in case are one skill.
-- Parameters: user_key (NULL for all users), most (skills for each user).
-- Indexes: users_user_key_key and user_job_matches_pkey for one user; else one scan of the matches.
SELECT users.user_key, ranked.skill, ranked.matches
FROM (
    SELECT m.user_id, min(missing.skill COLLATE "C") AS skill, count(DISTINCT m.job_id) AS matches,
           row_number() OVER (
               PARTITION BY m.user_id ORDER BY count(DISTINCT m.job_id) DESC, lower(missing.skill) COLLATE "C"
           ) AS place
    FROM user_job_matches AS m
    JOIN jobs ON jobs.id = m.job_id AND jobs.closed_at IS NULL
    CROSS JOIN LATERAL unnest(m.missing_skills) AS missing (skill)
    WHERE cardinality(m.missing_skills) <= 2
      AND (CAST(:user_key AS text) IS NULL OR m.user_id = (SELECT id FROM users WHERE user_key = :user_key))
    GROUP BY m.user_id, lower(missing.skill)
) AS ranked
JOIN users ON users.id = ranked.user_id
WHERE ranked.place <= :most
ORDER BY users.user_key COLLATE "C", ranked.place
