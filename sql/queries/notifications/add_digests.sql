-- Purpose: store digests, at most one for each user, with the postings that each announces and the channels by which it
--          is to be delivered: all of it before anything is sent.
-- Parameters: user_ids, lines (JSON), content_hashes: arrays of one length; entry_user_ids, entry_job_ids: arrays of
--             one length; channel_user_ids, channels: arrays of one length; day, created_at.
-- Indexes: user_digests_user_id_content_hash_key, digest_entries_pkey, digest_deliveries_pkey.
WITH added AS (
    INSERT INTO user_digests (user_id, day, lines, content_hash, created_at)
    SELECT user_id, :day, CAST(lines AS jsonb), content_hash, :created_at
    FROM unnest(CAST(:user_ids AS bigint[]), CAST(:lines AS text[]), CAST(:content_hashes AS text[]))
        AS digests (user_id, lines, content_hash)
    RETURNING id, user_id
), announced AS (
    INSERT INTO digest_entries (digest_id, user_id, job_id)
    SELECT added.id, added.user_id, entries.job_id
    FROM unnest(CAST(:entry_user_ids AS bigint[]), CAST(:entry_job_ids AS bigint[])) AS entries (user_id, job_id)
    JOIN added USING (user_id)
)
INSERT INTO digest_deliveries (digest_id, channel, user_id, next_attempt_at)
SELECT added.id, wanted.channel, added.user_id, :created_at
FROM unnest(CAST(:channel_user_ids AS bigint[]), CAST(:channels AS text[])) AS wanted (user_id, channel)
JOIN added USING (user_id)
