-- Purpose: number of matches and decisions of each user.
-- Parameters: user_key (NULL for all users).
-- Indexes: users_user_key_key and user_job_matches_pkey for one user; else one scan of each table.
SELECT
    users.id AS user_id,
    users.user_key,
    count(matches.semantic_score) AS matched_semantic,
    count(matches.claude_score) AS matched_claude,
    count(*) FILTER (WHERE matches.status = 'saved') AS saved,
    count(*) FILTER (WHERE matches.status = 'applied') AS applied,
    count(*) FILTER (WHERE matches.status = 'rejected') AS rejected,
    CAST(avg(matches.match_score) AS double precision) AS average_score
FROM users
LEFT JOIN user_job_matches AS matches ON matches.user_id = users.id
WHERE CAST(:user_key AS text) IS NULL OR users.user_key = :user_key
GROUP BY users.id, users.user_key
ORDER BY users.user_key COLLATE "C"
