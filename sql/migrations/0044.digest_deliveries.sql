-- The outbox of digests: one delivery for each channel that the user names, where user_digests had one for all.
-- depends: 0043.own_weights
ALTER TABLE user_preferences
    ADD COLUMN digest_channels text[],
    ADD COLUMN email           text;
COMMENT ON COLUMN user_preferences.digest_channels IS 'Names of the channels that deliver digests; NULL is the files alone';
COMMENT ON COLUMN user_preferences.email IS 'Address for channels that send mail';

CREATE TABLE digest_deliveries (
    digest_id       bigint      NOT NULL REFERENCES user_digests (id) ON DELETE CASCADE,
    channel         text        NOT NULL,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    state           text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'given_up')),
    attempts        integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at timestamptz NOT NULL,
    sent_at         timestamptz CHECK ((sent_at IS NOT NULL) = (state = 'sent')),
    last_error      text,
    PRIMARY KEY (digest_id, channel)
);
CREATE INDEX digest_deliveries_open ON digest_deliveries (channel, digest_id) WHERE state <> 'sent';
CREATE INDEX digest_deliveries_user ON digest_deliveries (user_id);
COMMENT ON TABLE digest_deliveries IS 'One row per digest and channel: the outbox, committed with the digest before anything is sent. Belongs to the user.';
COMMENT ON COLUMN digest_deliveries.digest_id IS 'What is delivered; its content_hash and the channel are the idempotency key';
COMMENT ON COLUMN digest_deliveries.channel IS 'Name of the channel: files, or one of JOBMATCH_CHANNELS';
COMMENT ON COLUMN digest_deliveries.user_id IS 'The user';
COMMENT ON COLUMN digest_deliveries.state IS 'waiting (for its next attempt), sent, or given_up after too many attempts';
COMMENT ON COLUMN digest_deliveries.attempts IS 'Attempts that were begun';
COMMENT ON COLUMN digest_deliveries.next_attempt_at IS 'When it is tried next, unless the user has quiet hours then (UTC)';
COMMENT ON COLUMN digest_deliveries.sent_at IS 'When it was delivered (UTC); NULL until then';
COMMENT ON COLUMN digest_deliveries.last_error IS 'Class and code of the last failure, without address or text; NULL after a delivery';

INSERT INTO digest_deliveries (digest_id, channel, user_id, state, attempts, next_attempt_at, sent_at, last_error)
SELECT id, 'files', user_id, CASE WHEN sent_at IS NULL THEN 'waiting' ELSE 'sent' END, attempts, created_at, sent_at,
       CASE WHEN sent_at IS NULL THEN last_error END
FROM user_digests;
DROP INDEX user_digests_unsent;
ALTER TABLE user_digests DROP COLUMN sent_at, DROP COLUMN attempts, DROP COLUMN last_error;
CREATE INDEX user_digests_newest ON user_digests (user_id, id DESC);
COMMENT ON TABLE user_digests IS 'One row per digest of a user''s new matches; digest_deliveries has its deliveries. Belongs to the user.';
COMMENT ON COLUMN user_digests.content_hash IS 'SHA-256 of user, day and lines';
