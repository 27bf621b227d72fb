-- Purpose: other postings of the same cluster, or of the same company and title, and the user's score with each.
-- Parameters: job_id, user_key.
-- Indexes: jobs_pkey, jobs_cluster_id, jobs_ad_key, user_job_matches_pkey.
SELECT other.external_id, other.title, other.company, other.location, other.date_created, other.closed_at,
       coalesce(other.cluster_id = this.cluster_id, false) AS same_cluster, other.text_hash = this.text_hash AS same_text,
       m.match_score
FROM jobs AS this
JOIN jobs AS other ON other.id <> this.id AND (other.cluster_id = this.cluster_id OR other.ad_key = this.ad_key)
LEFT JOIN users ON users.user_key = :user_key
LEFT JOIN user_job_matches AS m ON m.job_id = other.id AND m.user_id = users.id
WHERE this.id = :job_id
ORDER BY same_cluster DESC, other.date_created, other.id
LIMIT 10
