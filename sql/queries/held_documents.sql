-- Purpose: hashes of the CVs that users have handed in, current one first.
-- Parameters: user_keys (text[] or NULL for all).
-- Indexes: users_user_key_key, cv_documents_user_id_sha256_key.
SELECT users.user_key,
       array_agg(d.sha256 ORDER BY d.received_at DESC, d.id DESC) AS sha256s,
       CAST(extract(epoch FROM max(d.received_at)) AS double precision) AS current_received_at
FROM cv_documents AS d
JOIN users ON users.id = d.user_id
WHERE CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys)
GROUP BY users.user_key
