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
