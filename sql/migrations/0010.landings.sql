-- Landings of CVs in their order, versions of preferences and which one is matched, tombstones of forgotten users.
-- depends: 0003.matching

CREATE SEQUENCE cv_landings;
ALTER TABLE cv_documents
    ADD COLUMN landing bigint NOT NULL DEFAULT nextval('cv_landings'),
    ADD COLUMN file_bytes bigint,
    ADD COLUMN file_modified_ns bigint;
ALTER SEQUENCE cv_landings OWNED BY cv_documents.landing;
UPDATE cv_documents AS d SET landing = o.landing
FROM (SELECT id, row_number() OVER (ORDER BY received_at, id) AS landing FROM cv_documents) AS o
WHERE d.id = o.id;
COMMENT ON COLUMN cv_documents.landing IS 'Order of landing over all users, free of clocks; the highest is the user''s current CV';
COMMENT ON COLUMN cv_documents.file_bytes IS 'Size of the file in the inbox; more than content holds when the file is too large to keep';
COMMENT ON COLUMN cv_documents.file_modified_ns IS 'Modification time of the file when it last landed (Unix nanoseconds)';

ALTER TABLE user_preferences
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    ADD COLUMN source_sha256 text,
    ADD COLUMN problem text;
COMMENT ON COLUMN user_preferences.version IS 'Raised by every change of what is asked for; newer than user_match_state.preferences_version means: match again';
COMMENT ON COLUMN user_preferences.source_sha256 IS 'SHA-256 of the side file that was last looked at, taken in or refused';
COMMENT ON COLUMN user_preferences.problem IS 'Why the side file was refused, field by field; the preferences before it hold on';

ALTER TABLE user_match_state ADD COLUMN preferences_version integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN user_match_state.preferences_version IS 'user_preferences.version that the matches were made with; 0 when there were none';

CREATE TABLE forgotten_users (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    salt         text        NOT NULL,
    key_hash     text        NOT NULL,
    report       jsonb       NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE forgotten_users IS 'One row per erasure. Nothing in it leads to the person; who knows the key can prove when it was erased.';
COMMENT ON COLUMN forgotten_users.id IS 'Identity';
COMMENT ON COLUMN forgotten_users.salt IS 'Random salt of this row, hex';
COMMENT ON COLUMN forgotten_users.key_hash IS 'scrypt of the user key with the salt, hex';
COMMENT ON COLUMN forgotten_users.report IS 'Places searched after the erasure, each with its hits (all 0), and what was erased';
COMMENT ON COLUMN forgotten_users.forgotten_at IS 'When (UTC)';
