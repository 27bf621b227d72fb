-- Purpose: legacy users as users, with their id as key. Names, addresses and passwords stay in the backup.
-- Parameters: none; reads users_legacy_backup.
-- Indexes: none; one scan.
INSERT INTO users (user_key, active)
SELECT CAST(u.id AS text), coalesce(lower(to_jsonb(u) ->> 'is_active'), '1') NOT IN ('0', 'false', 'f')
FROM users_legacy_backup AS u
ORDER BY u.id
RETURNING id
