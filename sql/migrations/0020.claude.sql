-- Claude: money reserved before a call, batches, and how an answer was held to its band.
-- depends: 0003.matching

ALTER TABLE claude_requests
    ADD COLUMN attempt smallint NOT NULL DEFAULT 1 CHECK (attempt IN (1, 2)),
    ADD COLUMN failures smallint NOT NULL DEFAULT 0,
    ADD COLUMN claimed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN reserved_usd numeric NOT NULL DEFAULT 0 CHECK (reserved_usd >= 0),
    ADD COLUMN lost_usd numeric NOT NULL DEFAULT 0 CHECK (lost_usd >= 0);
ALTER TABLE claude_requests DROP CONSTRAINT claude_requests_state_check;
ALTER TABLE claude_requests ADD CONSTRAINT claude_requests_state_check
    CHECK (state IN ('pending', 'answered', 'failed', 'rejected'));
CREATE INDEX claude_requests_pending ON claude_requests (batch_id) WHERE state = 'pending';
CREATE INDEX claude_requests_claimed_at ON claude_requests (claimed_at) WHERE lost_usd > 0;
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 over user, model, prompt version (guidelines and answer schema), facts of the profile and of the posting, and attempt';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting that was asked about: the oldest of its cluster, whose answer holds for the others';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, no answer yet), answered, failed (may be asked again) or rejected (the API will never answer it, or it failed too often)';
COMMENT ON COLUMN claude_requests.attempts IS 'Calls made for it, or batches it travelled in';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch it travels in; "submitting:" and the batch''s key until the API has named it; NULL for a direct call';
COMMENT ON COLUMN claude_requests.attempt IS '1, or 2 for the one time that is asked again after an unusable or generic answer';
COMMENT ON COLUMN claude_requests.failures IS 'Failures that count towards giving up: batch items without an answer, calls that may have been billed';
COMMENT ON COLUMN claude_requests.claimed_at IS 'When it was last about to be asked (UTC)';
COMMENT ON COLUMN claude_requests.reserved_usd IS 'Most that the call under way can cost (USD); 0 when none is under way';
COMMENT ON COLUMN claude_requests.lost_usd IS 'Most that calls without a recorded answer can have cost (USD): timeouts, kills between answer and commit';

ALTER TABLE user_job_matches
    ADD COLUMN claude_raw_score smallint CHECK (claude_raw_score BETWEEN 0 AND 100),
    ADD COLUMN claude_band_low smallint CHECK (claude_band_low BETWEEN 0 AND 100),
    ADD COLUMN claude_band_high smallint CHECK (claude_band_high BETWEEN 0 AND 100),
    ADD COLUMN claude_deviation smallint,
    ADD COLUMN claude_items_dropped smallint,
    ADD COLUMN claude_is_generic boolean,
    ADD COLUMN posting_signs text[];
DROP INDEX user_job_matches_claude;
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, match_score DESC) WHERE claude_status IN ('waiting', 'pending');
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score held near its band, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'waiting, pending (in a message batch), done, failed, refused, ungrounded or skipped; NULL when the semantic score does not send the pair to Claude';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, or why the pair still waits';
COMMENT ON COLUMN user_job_matches.claude_raw_score IS 'Claude''s own score before it was held near the band';
COMMENT ON COLUMN user_job_matches.claude_band_low IS 'Lower end of the band that the skill match gives (the other known parts where it is unknown)';
COMMENT ON COLUMN user_job_matches.claude_band_high IS 'Upper end of that band';
COMMENT ON COLUMN user_job_matches.claude_deviation IS 'How far claude_raw_score lies outside the band, signed; 0 inside';
COMMENT ON COLUMN user_job_matches.claude_items_dropped IS 'Alignments and gaps dropped because their quote stands nowhere';
COMMENT ON COLUMN user_job_matches.claude_is_generic IS 'Whether the reasons name no concrete skill or fact, even after asking again';
COMMENT ON COLUMN user_job_matches.posting_signs IS 'Signs of instructions or hidden text in the ad: Claude saw its structured fields alone; NULL when there are none';
