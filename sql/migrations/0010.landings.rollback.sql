DROP TABLE forgotten_users;
ALTER TABLE user_match_state DROP COLUMN preferences_version;
ALTER TABLE user_preferences DROP COLUMN problem, DROP COLUMN source_sha256, DROP COLUMN version;
ALTER TABLE cv_documents DROP COLUMN file_modified_ns, DROP COLUMN file_bytes, DROP COLUMN landing;
