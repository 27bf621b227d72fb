-- Skills that the table lacks, and which of the table's are alike by their vectors.
-- depends: 0015.matching_engine

CREATE TABLE skill_neighbours (
    model      text        NOT NULL,
    version    text        NOT NULL,
    skill      text        NOT NULL,
    neighbours text[]      NOT NULL,
    found_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (model, version, skill)
);
COMMENT ON TABLE skill_neighbours IS 'One row per skill of a posting that the skill table lacks, embedding model and version of the table: what counts as related to it by vectors.';
COMMENT ON COLUMN skill_neighbours.model IS 'Embedding model of the vectors';
COMMENT ON COLUMN skill_neighbours.version IS 'Version of the skill table and of the rule';
COMMENT ON COLUMN skill_neighbours.skill IS 'The skill, levelled, as postings name it; never one that only a CV names';
COMMENT ON COLUMN skill_neighbours.neighbours IS 'Names of the skill table that are alike, the nearest first; empty when none is';
COMMENT ON COLUMN skill_neighbours.found_at IS 'When it was looked at (UTC)';
COMMENT ON COLUMN user_job_matches.skill_hits IS 'List of [kind, skill of the posting, skill of the CV]; kind is exact, alias, fuzzy, related (by the table), similar (by vectors) or category';
