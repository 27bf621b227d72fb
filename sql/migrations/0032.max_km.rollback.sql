ALTER TABLE user_preferences DROP COLUMN max_km;
