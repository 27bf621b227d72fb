DROP TABLE skill_neighbours;
COMMENT ON COLUMN user_job_matches.skill_hits IS 'List of [kind, skill of the posting, skill of the CV]; kind is exact, alias, fuzzy, related or category';
