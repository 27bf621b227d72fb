-- Purpose: users of whose CVs the newest version of one could not be read, with the reason. An earlier one that another file has replaced is no
--          matter any more.
-- Parameters: most (users).
-- Indexes: cv_documents_user_id_label_sha256_key.
SELECT users.user_key, min(newest.reason) AS reason
FROM users
JOIN LATERAL (
    SELECT DISTINCT ON (label) status, reason FROM cv_documents WHERE user_id = users.id ORDER BY label, landing DESC
) AS newest ON newest.status = 'unreadable'
GROUP BY users.user_key
ORDER BY users.user_key
LIMIT :most
