-- Optional filling of unknown profile fields by Claude: a ledger of its own.
-- depends: 0010.landings

CREATE TABLE profile_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document_id     bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 1,
    reserved_usd    numeric     NOT NULL CHECK (reserved_usd >= 0),
    lost_usd        numeric     NOT NULL DEFAULT 0 CHECK (lost_usd >= 0),
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    applied_version integer,
    claimed_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text
);
CREATE INDEX profile_requests_user ON profile_requests (user_id);
COMMENT ON TABLE profile_requests IS 'Ledger: one row per distinct question to Claude about a CV, committed before the call; an answer that is held is never paid for again.';
COMMENT ON COLUMN profile_requests.id IS 'Identity';
COMMENT ON COLUMN profile_requests.request_hash IS 'SHA-256 over user, model, prompt, answer schema and the text without personal data';
COMMENT ON COLUMN profile_requests.user_id IS 'Whose CV it is';
COMMENT ON COLUMN profile_requests.document_id IS 'The CV that was asked about';
COMMENT ON COLUMN profile_requests.model IS 'Claude model asked';
COMMENT ON COLUMN profile_requests.state IS 'pending (committed, not answered), answered or failed (may be asked again)';
COMMENT ON COLUMN profile_requests.attempts IS 'Calls made for it';
COMMENT ON COLUMN profile_requests.reserved_usd IS 'Most that the call can cost (USD); counts as spent while it is pending';
COMMENT ON COLUMN profile_requests.lost_usd IS 'Most that calls without a recorded answer can have cost (USD)';
COMMENT ON COLUMN profile_requests.answer IS 'The raw message, stored before it is read';
COMMENT ON COLUMN profile_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN profile_requests.cost_usd IS 'Cost in USD from usage and the price table';
COMMENT ON COLUMN profile_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN profile_requests.applied_version IS 'Profile version that holds what was usable of the answer; the version asked about when nothing was; NULL until applied';
COMMENT ON COLUMN profile_requests.claimed_at IS 'When it was last about to be asked (UTC)';
COMMENT ON COLUMN profile_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN profile_requests.run_id IS 'Dagster run that asked';
