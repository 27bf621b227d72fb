-- Digests of new matches: an outbox, and what was announced. A row is here before anything is sent.
CREATE TABLE user_digests (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id      bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    day          date        NOT NULL,
    lines        jsonb       NOT NULL,
    content_hash text        NOT NULL,
    created_at   timestamptz NOT NULL,
    sent_at      timestamptz,
    attempts     integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_error   text,
    UNIQUE (user_id, content_hash)
);
CREATE INDEX user_digests_unsent ON user_digests (user_id, id) WHERE sent_at IS NULL;
COMMENT ON TABLE user_digests IS 'One row per digest of a user''s new matches, stored before it is sent. Belongs to the user.';
COMMENT ON COLUMN user_digests.id IS 'Identity';
COMMENT ON COLUMN user_digests.user_id IS 'The user';
COMMENT ON COLUMN user_digests.day IS 'Partition of the run that made it';
COMMENT ON COLUMN user_digests.lines IS 'What it says: a list of matches, best first';
COMMENT ON COLUMN user_digests.content_hash IS 'SHA-256 of user, day and lines: the idempotency key of the delivery';
COMMENT ON COLUMN user_digests.created_at IS 'When it was made (UTC)';
COMMENT ON COLUMN user_digests.sent_at IS 'When it was delivered (UTC); NULL until then';
COMMENT ON COLUMN user_digests.attempts IS 'How often a delivery began';
COMMENT ON COLUMN user_digests.last_error IS 'Why the last delivery failed; NULL after a good one';

CREATE TABLE digest_entries (
    digest_id bigint NOT NULL REFERENCES user_digests (id) ON DELETE CASCADE,
    user_id   bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id    bigint NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, job_id)
);
CREATE INDEX digest_entries_digest ON digest_entries (digest_id);
CREATE INDEX digest_entries_job ON digest_entries (job_id);
COMMENT ON TABLE digest_entries IS 'One row per user and posting that a digest announced; none is announced twice. Belongs to the user.';
COMMENT ON COLUMN digest_entries.digest_id IS 'The digest that announced it';
COMMENT ON COLUMN digest_entries.user_id IS 'The user';
COMMENT ON COLUMN digest_entries.job_id IS 'The posting, or a copy of it in another town';
