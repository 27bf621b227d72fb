-- Back to requests without reservations. Rejected requests count as failed; batches under way are forgotten.
UPDATE claude_requests SET state = 'failed' WHERE state = 'rejected';
UPDATE user_job_matches SET claude_status = 'waiting' WHERE claude_status = 'pending';
DROP INDEX claude_requests_pending;
DROP INDEX claude_requests_claimed_at;
ALTER TABLE claude_requests DROP CONSTRAINT claude_requests_state_check;
ALTER TABLE claude_requests ADD CONSTRAINT claude_requests_state_check
    CHECK (state IN ('pending', 'answered', 'failed'));
ALTER TABLE claude_requests
    DROP COLUMN attempt, DROP COLUMN failures, DROP COLUMN claimed_at, DROP COLUMN reserved_usd, DROP COLUMN lost_usd;
DROP INDEX user_job_matches_claude;
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, semantic_score DESC) WHERE claude_status = 'waiting';
ALTER TABLE user_job_matches
    DROP COLUMN claude_raw_score, DROP COLUMN claude_band_low, DROP COLUMN claude_band_high,
    DROP COLUMN claude_deviation, DROP COLUMN claude_items_dropped, DROP COLUMN claude_is_generic,
    DROP COLUMN posting_signs;
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'Where the pair stands with Claude; NULL when its semantic score does not send it there';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, for failed, refused, ungrounded and skipped pairs';
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 over model, prompt version, answer schema, profile version and posting text';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting of the pair';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, not answered), answered or failed';
COMMENT ON COLUMN claude_requests.attempts IS 'Calls made for it';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch it travels in; NULL for a direct call';
