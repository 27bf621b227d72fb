ALTER TABLE user_preferences
    DROP CONSTRAINT quiet_hours_have_a_zone,
    DROP COLUMN digest_every,
    DROP COLUMN digest_max_matches,
    DROP COLUMN digest_min_score,
    DROP COLUMN quiet_hours,
    DROP COLUMN time_zone;
