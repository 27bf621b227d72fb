ALTER TABLE user_digests
    ADD COLUMN sent_at    timestamptz,
    ADD COLUMN attempts   integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    ADD COLUMN last_error text;
COMMENT ON TABLE user_digests IS 'One row per digest of a user''s new matches, stored before it is sent. Belongs to the user.';
COMMENT ON COLUMN user_digests.content_hash IS 'SHA-256 of user, day and lines: the idempotency key of the delivery';
COMMENT ON COLUMN user_digests.sent_at IS 'When it was delivered (UTC); NULL until then';
COMMENT ON COLUMN user_digests.attempts IS 'How often a delivery began';
COMMENT ON COLUMN user_digests.last_error IS 'Why the last delivery failed; NULL after a good one';
-- A digest that had no files, or whose mail alone failed, counts as sent: the version before writes it nowhere again.
UPDATE user_digests SET (sent_at, attempts, last_error) = (
    SELECT CASE WHEN bool_or(channel = 'files' AND state <> 'sent') IS NOT TRUE THEN coalesce(max(d.sent_at), created_at) END,
           coalesce(max(d.attempts) FILTER (WHERE channel = 'files'), 0),
           max(d.last_error) FILTER (WHERE channel = 'files')
    FROM digest_deliveries AS d WHERE d.digest_id = user_digests.id
);
DROP INDEX user_digests_newest;
CREATE INDEX user_digests_unsent ON user_digests (user_id, id) WHERE sent_at IS NULL;
DROP TABLE digest_deliveries;
ALTER TABLE user_preferences DROP COLUMN digest_channels, DROP COLUMN email;
