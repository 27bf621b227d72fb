DROP TABLE profile_requests;
