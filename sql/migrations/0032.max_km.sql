-- How far from the towns of a user's preferences a posting may be.
ALTER TABLE user_preferences ADD COLUMN max_km integer CHECK (max_km > 0);
COMMENT ON COLUMN user_preferences.max_km IS 'Most kilometres from one of the towns in locations; NULL asks for the towns themselves';
