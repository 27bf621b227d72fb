-- Purpose: users whose newest CV could not be read, with the reason. An earlier one that another file has replaced is no
--          matter any more.
-- Parameters: most (users).
-- Indexes: cv_documents_user_id_sha256_key.
SELECT users.user_key, newest.reason
FROM users
JOIN LATERAL (
    SELECT status, reason FROM cv_documents WHERE user_id = users.id ORDER BY landing DESC LIMIT 1
) AS newest ON newest.status = 'unreadable'
ORDER BY users.user_key
LIMIT :most
