-- The language in which a user reads the reasons of their matches.
-- depends: 0046.cv_labels
-- compatible: yes
ALTER TABLE user_preferences ADD COLUMN explanation_language text CHECK (explanation_language IN ('en', 'de'));
COMMENT ON COLUMN user_preferences.explanation_language IS 'Language of the reasons: en or de; NULL is en. Not the languages of ads';
