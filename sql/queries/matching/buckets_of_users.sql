-- Purpose: the bucket of each of these users.
-- Parameters: user_keys (text[]), buckets (their number).
-- Indexes: users_user_key_key.
SELECT users.user_key, bucket
FROM users
CROSS JOIN generate_series(0, CAST(:buckets AS integer) - 1) AS bucket
WHERE users.user_key = ANY(CAST(:user_keys AS text[])) AND is_in_bucket(users.id, bucket, :buckets)
