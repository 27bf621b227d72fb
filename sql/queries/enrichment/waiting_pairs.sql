-- Purpose: pairs that wait for Claude: every user's best pair, then every user's second, and so on. asked_job_id is
--          the oldest of the postings that advertise the same job; its answer applies to all of them. Pairs that the
--          user rejected are left out.
-- Parameters: user_keys (text[] or NULL for all), per_user (most pairs of a user), most (most pairs).
-- Indexes: user_job_matches_claude, jobs_pkey, jobs_external_id_key.
SELECT m.user_id, m.job_id, coalesce(first.id, m.job_id) AS asked_job_id, m.profile_version,
       m.record_hash, m.filters, m.claude_status = 'pending' AS was_asked, m.embedding_model
FROM (
    SELECT user_job_matches.*,
           row_number() OVER (
               PARTITION BY user_id ORDER BY exact_score DESC NULLS LAST, job_id
           ) AS place
    FROM user_job_matches
    JOIN users ON users.id = user_id
    JOIN jobs ON jobs.id = job_id AND jobs.closed_at IS NULL
    WHERE claude_status IN ('waiting', 'pending')
      AND status <> 'rejected'
      AND users.active
      AND (CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys))
) AS m
JOIN jobs ON jobs.id = m.job_id
LEFT JOIN job_clusters ON job_clusters.id = jobs.cluster_id
LEFT JOIN jobs AS first ON first.external_id = job_clusters.cluster_key
WHERE m.place <= :per_user
ORDER BY m.place, m.user_id
LIMIT :most
