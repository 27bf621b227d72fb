-- How a user hears of new matches: how often, how many at once, from which score, and when not.
-- depends: 0039.documents
ALTER TABLE user_preferences
    ADD COLUMN digest_every       text CHECK (digest_every IN ('day', 'hour', 'never')),
    ADD COLUMN digest_max_matches integer CHECK (digest_max_matches > 0),
    ADD COLUMN digest_min_score   integer CHECK (digest_min_score BETWEEN 0 AND 100),
    ADD COLUMN quiet_hours        text,
    ADD COLUMN time_zone          text,
    ADD CONSTRAINT quiet_hours_have_a_zone CHECK (quiet_hours IS NULL OR time_zone IS NOT NULL);
COMMENT ON COLUMN user_preferences.digest_every IS 'How often new matches are announced: day, hour or never; NULL is day';
COMMENT ON COLUMN user_preferences.digest_max_matches IS 'Most lines of a digest; NULL leaves it to the run';
COMMENT ON COLUMN user_preferences.digest_min_score IS 'Lowest score that a digest announces; NULL leaves it to the run';
COMMENT ON COLUMN user_preferences.quiet_hours IS 'When no digest is delivered: 22:00-07:00, in time_zone';
COMMENT ON COLUMN user_preferences.time_zone IS 'Time zone of quiet_hours (IANA)';
