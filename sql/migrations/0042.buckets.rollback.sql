SELECT cut_matches(1);
DROP FUNCTION cut_matches(integer);
DROP FUNCTION is_in_bucket(bigint, integer, integer);
DROP FUNCTION match_buckets();

ALTER TABLE job_match_state DROP CONSTRAINT job_match_state_pkey;
ALTER TABLE job_match_state DROP COLUMN bucket;
ALTER TABLE job_match_state ADD PRIMARY KEY (job_id);
COMMENT ON TABLE job_match_state IS 'One row per posting that was matched against every active user. A missing row, or values other than the posting''s, mean that the posting is stale.';

ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_pkey;
-- A database that was converted from the legacy project has other names for them.
DO $do$
DECLARE
    link text;
BEGIN
    FOR link IN SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('user_job_matches') AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE user_job_matches DROP CONSTRAINT %I', link);
    END LOOP;
END
$do$;
DROP INDEX user_job_matches_job, user_job_matches_best, user_job_matches_decided, user_job_matches_claude;
ALTER TABLE user_job_matches RENAME TO matches_in_buckets;
CREATE TABLE user_job_matches (LIKE matches_in_buckets INCLUDING ALL) WITH (fillfactor = 90);
INSERT INTO user_job_matches SELECT * FROM matches_in_buckets;
DROP TABLE matches_in_buckets;
ALTER TABLE user_job_matches ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;
ALTER TABLE user_job_matches
    ADD UNIQUE (user_id, job_id),
    ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (calibration_id) REFERENCES score_calibrations (id) ON DELETE SET NULL;
CREATE INDEX user_job_matches_job ON user_job_matches (job_id);
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, exact_score DESC NULLS LAST);
CREATE INDEX user_job_matches_decided ON user_job_matches (user_id, decided_at DESC) WHERE status <> 'new';
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, match_score DESC) WHERE claude_status IN ('waiting', 'pending');
COMMENT ON COLUMN user_job_matches.id IS 'Identity';
COMMENT ON TABLE user_job_matches IS 'One row per user and posting that fit well enough to keep. Belongs to the user.';

-- The statistics role is granted columns by name.
DO $do$
BEGIN
    EXECUTE replace(
        pg_get_functiondef(to_regproc('isolate_users')), 'GRANT SELECT (user_id, job_id,', 'GRANT SELECT (id, user_id, job_id,');
END
$do$;
