DROP TABLE user_match_state;
DROP TABLE user_preferences;
DROP TABLE profile_embeddings;
DROP TABLE cv_profiles;
DROP TABLE cv_documents;
DROP TABLE users;
