DROP TABLE claude_requests;
DROP TABLE user_job_matches;
DROP TABLE job_match_state;
DROP TABLE score_calibrations;
