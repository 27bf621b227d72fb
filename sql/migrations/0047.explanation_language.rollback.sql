-- Every reason is English again: the users with another language are matched again.
UPDATE user_preferences SET version = version + 1 WHERE explanation_language <> 'en';
ALTER TABLE user_preferences DROP COLUMN explanation_language;
