-- Purpose: the CVs that users have handed in, the last one first, and the files of preferences and own facts that were
--          read last.
-- Parameters: user_keys (text[] or NULL for all).
-- Indexes: users_user_key_key, cv_documents_user_id_label_sha256_key, user_preferences_pkey, user_facts_pkey.
SELECT users.user_key,
       jsonb_agg(
           jsonb_build_array(d.label, d.sha256, d.file_name, d.file_bytes, d.file_modified_ns) ORDER BY d.landing DESC
       ) FILTER (WHERE d.id IS NOT NULL) AS cvs,
       min(p.source_sha256) AS preferences_sha256,
       min(f.source_sha256) AS facts_sha256
FROM users
LEFT JOIN cv_documents AS d ON d.user_id = users.id
LEFT JOIN user_preferences AS p ON p.user_id = users.id
LEFT JOIN user_facts AS f ON f.user_id = users.id
WHERE CAST(:user_keys AS text[]) IS NULL OR users.user_key = ANY(:user_keys)
GROUP BY users.user_key
