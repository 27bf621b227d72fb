-- Which code can live with this schema, so that the code of the version before can be put back.
-- depends: 0044.digest_deliveries
CREATE TABLE schema_compatibility (
    one_row    boolean NOT NULL DEFAULT true PRIMARY KEY CHECK (one_row),
    needs_code text    NOT NULL
);
COMMENT ON TABLE schema_compatibility IS 'One row: the oldest code that can work with this schema. Written by every migration.';
COMMENT ON COLUMN schema_compatibility.one_row IS 'True: there is one row only';
COMMENT ON COLUMN schema_compatibility.needs_code IS 'A migration; code that does not know it refuses this database';
