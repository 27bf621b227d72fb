-- Matches are partitioned by a hash of the user, so that shards of the matching never wait for each other.
-- depends: 0041.own_facts
ALTER TABLE user_job_matches DROP COLUMN id;
ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_user_id_job_id_key;
DROP INDEX user_job_matches_job, user_job_matches_best, user_job_matches_decided, user_job_matches_claude;

ALTER TABLE user_job_matches RENAME TO matches_before_buckets;
-- A database that was converted from the legacy project has other names for them.
DO $do$
DECLARE
    link text;
BEGIN
    FOR link IN SELECT conname FROM pg_constraint WHERE conrelid = to_regclass('matches_before_buckets') AND contype = 'f' LOOP
        EXECUTE format('ALTER TABLE matches_before_buckets DROP CONSTRAINT %I', link);
    END LOOP;
END
$do$;
CREATE TABLE
    user_job_matches (LIKE matches_before_buckets INCLUDING ALL) PARTITION BY HASH (user_id);
COMMENT ON TABLE user_job_matches IS 'One row per user and posting that fit well enough to keep. Belongs to the user. Partitioned by a hash of the user, see cut_matches.';
ALTER TABLE user_job_matches ADD PRIMARY KEY (user_id, job_id);
ALTER TABLE user_job_matches
    ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (job_id) REFERENCES jobs (id) ON DELETE CASCADE,
    ADD FOREIGN KEY (calibration_id) REFERENCES score_calibrations (id) ON DELETE SET NULL;
CREATE TABLE
    user_job_matches_1_0 PARTITION OF user_job_matches FOR VALUES WITH (MODULUS 1, REMAINDER 0)
    WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
INSERT INTO user_job_matches SELECT * FROM matches_before_buckets;
DROP TABLE matches_before_buckets;
-- After the copy: an index is built faster than it is filled.
CREATE INDEX user_job_matches_job ON user_job_matches (job_id);
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, exact_score DESC NULLS LAST);
CREATE INDEX user_job_matches_decided ON user_job_matches (user_id, decided_at DESC) WHERE status <> 'new';
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, match_score DESC) WHERE claude_status IN ('waiting', 'pending');

ALTER TABLE job_match_state DROP CONSTRAINT job_match_state_pkey;
ALTER TABLE job_match_state ADD COLUMN bucket smallint NOT NULL DEFAULT 0 CHECK (bucket >= 0);
ALTER TABLE job_match_state ADD PRIMARY KEY (job_id, bucket);
ALTER TABLE job_match_state ALTER COLUMN bucket DROP DEFAULT;
COMMENT ON TABLE job_match_state IS 'One row per posting and bucket of users that it was matched with. A missing row, or values other than the posting''s, mean that the posting is stale for these users.';
COMMENT ON COLUMN job_match_state.bucket IS 'The bucket of users: the partition of user_job_matches';

CREATE FUNCTION match_buckets() RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer FROM pg_inherits WHERE inhparent = to_regclass('user_job_matches')
$$;
COMMENT ON FUNCTION match_buckets IS 'Number of partitions of user_job_matches';

-- The planner sees through this one, so that it costs a row no call.
CREATE FUNCTION is_in_bucket(user_id bigint, bucket integer, buckets integer) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT satisfies_hash_partition(to_regclass('user_job_matches'), buckets, bucket, user_id)
$$;
COMMENT ON FUNCTION is_in_bucket IS 'Whether the matches of a user are in this partition of user_job_matches';

CREATE FUNCTION cut_matches(buckets integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    before  integer;
    cut     regclass[];
    piece   regclass;
BEGIN
    LOCK TABLE user_job_matches, job_match_state IN ACCESS EXCLUSIVE MODE;
    before := match_buckets();
    IF buckets = before THEN
        RETURN;
    END IF;
    cut := ARRAY(SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = to_regclass('user_job_matches'));
    FOREACH piece IN ARRAY cut LOOP
        EXECUTE format('ALTER TABLE user_job_matches DETACH PARTITION %s', piece);
    END LOOP;
    FOR bucket IN 0 .. buckets - 1 LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF user_job_matches FOR VALUES WITH (MODULUS %s, REMAINDER %s) '
            'WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05)',
            format('user_job_matches_%s_%s', buckets, bucket), buckets, bucket);
    END LOOP;
    FOREACH piece IN ARRAY cut LOOP
        EXECUTE format('INSERT INTO user_job_matches SELECT * FROM %s', piece);
        EXECUTE format('DROP TABLE %s', piece);
    END LOOP;
    -- A posting that all users were matched with in one version stays so; any other is stale.
    CREATE TEMPORARY TABLE matched_with_all ON COMMIT DROP AS
    SELECT job_id, min(record_hash) AS record_hash, min(scoring_key) AS scoring_key, max(matched_at) AS matched_at
    FROM job_match_state
    GROUP BY job_id
    HAVING count(*) = before AND count(DISTINCT record_hash) = 1 AND count(DISTINCT scoring_key) = 1;
    DELETE FROM job_match_state;
    INSERT INTO job_match_state (job_id, bucket, record_hash, scoring_key, matched_at)
    SELECT job_id, bucket, record_hash, scoring_key, matched_at
    FROM matched_with_all CROSS JOIN generate_series(0, buckets - 1) AS bucket;
    DROP TABLE matched_with_all;
END
$$;
COMMENT ON FUNCTION cut_matches IS 'Cuts user_job_matches into another number of partitions, under an exclusive lock; jobmatch migrate calls it';

-- The statistics role is granted columns by name.
DO $do$
BEGIN
    EXECUTE replace(
        pg_get_functiondef(to_regproc('isolate_users')), 'GRANT SELECT (id, user_id, job_id,', 'GRANT SELECT (user_id, job_id,');
END
$do$;
