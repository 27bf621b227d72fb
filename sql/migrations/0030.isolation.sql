-- Isolation of users: a role per use and row-level security on every table that holds something of a user.
-- depends: 0005.legacy

-- Roles belong to the whole server, so their names begin with the database's.
CREATE FUNCTION isolation_role(purpose text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT left(current_database(), 62 - length(purpose)) || '_' || purpose
$$;
COMMENT ON FUNCTION isolation_role IS 'Name of a role of this database: pipeline, reader or statistics';

CREATE FUNCTION reader_key() RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT nullif(current_setting('jobmatch.user_key', true), '')
$$;
COMMENT ON FUNCTION reader_key IS 'Key of the user that this transaction reads for: SELECT set_config(''jobmatch.user_key'', KEY, true); NULL (no row) when it was not said';

CREATE FUNCTION reader_id() RETURNS bigint
LANGUAGE sql STABLE AS $$
    SELECT id FROM users WHERE user_key = reader_key()
$$;
COMMENT ON FUNCTION reader_id IS 'users.id of the user that this transaction reads for';

-- Makes the roles, the grants and the policies anew for the given tables and views; `jobmatch migrate` calls it
-- after every change of the schema, so a later table of users is isolated without anybody thinking of it.
CREATE FUNCTION isolate_users(tables text[], views text[]) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    pipeline   text := isolation_role('pipeline');
    reader     text := isolation_role('reader');
    statistics text := isolation_role('statistics');
    name       text;
    rule       text;
    personal   text[];
BEGIN
    FOREACH name IN ARRAY ARRAY[pipeline, reader, statistics] LOOP
        IF to_regrole(quote_ident(name)) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
                -- Who makes a role without being a superuser may administer it, not take it.
                IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
                    EXECUTE format('GRANT %I TO CURRENT_USER', name);
                END IF;
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RETURN format('the role %I is missing and this user may not create it', name);
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- another session made it at this moment
            END;
        END IF;
    END LOOP;

    personal := personal_tables(tables);
    FOREACH name IN ARRAY tables LOOP
        EXECUTE format('REVOKE ALL ON %I FROM %I, %I, %I', name, pipeline, reader, statistics);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO %I', name, pipeline);
        -- Who was forgotten is nobody's to read.
        CONTINUE WHEN name = 'forgotten_users';
        EXECUTE format('GRANT SELECT ON %I TO %I', name, reader);
        IF name <> ALL (personal) THEN
            EXECUTE format('GRANT SELECT ON %I TO %I', name, statistics);
            CONTINUE;
        END IF;
        rule := reader_rule(name);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('DROP POLICY IF EXISTS pipeline ON %I', name);
        EXECUTE format('CREATE POLICY pipeline ON %I TO %I USING (true) WITH CHECK (true)', name, pipeline);
        EXECUTE format('DROP POLICY IF EXISTS reader ON %I', name);
        EXECUTE format('CREATE POLICY reader ON %I FOR SELECT TO %I USING (%s)', name, reader, rule);
    END LOOP;

    -- Statistics count over all users; they see no word of a CV, of a prompt or of an answer.
    EXECUTE format('GRANT SELECT (id, user_key, active, created_at) ON users TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, user_id, job_id, semantic_score, match_score, skills_score, experience_score, industry_score, '
        'work_arrangement_score, claude_score, claude_status, priority, missing_skills, status, decided_at) '
        'ON user_job_matches TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, model, prompt_version, state, attempts, usage, cost_usd, lost_usd, created_at, claimed_at, '
        'answered_at) ON claude_requests TO %I', statistics);
    EXECUTE format(
        'GRANT SELECT (id, model, state, attempts, usage, cost_usd, lost_usd, claimed_at, answered_at) '
        'ON profile_requests TO %I', statistics);
    FOREACH name IN ARRAY ARRAY['users', 'user_job_matches', 'claude_requests', 'profile_requests'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS statistics ON %I', name);
        EXECUTE format('CREATE POLICY statistics ON %I FOR SELECT TO %I USING (true)', name, statistics);
    END LOOP;
    FOREACH name IN ARRAY views LOOP
        EXECUTE format('GRANT SELECT ON %I TO %I, %I, %I', name, pipeline, reader, statistics);
    END LOOP;
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I, %I, %I', current_schema(), pipeline, reader, statistics);
    FOR name IN
        SELECT s.relname FROM pg_class AS s
        JOIN pg_depend AS d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
        JOIN pg_class AS t ON t.oid = d.refobjid AND t.relnamespace = s.relnamespace
        WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace AND t.relname = ANY (tables)
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %I TO %I', name, pipeline);
    END LOOP;
    -- Who is forgotten is forgotten in the backups of the legacy tables, too; nobody else reads them.
    FOR name IN
        SELECT CASE WHEN c.relkind = 'S' THEN 'SELECT ON SEQUENCE ' ELSE 'SELECT, UPDATE, DELETE ON ' END || quote_ident(c.relname)
        FROM pg_class AS c
        WHERE c.relkind IN ('r', 'p', 'S') AND c.relname LIKE '%\_legacy\_backup'
          AND c.relnamespace = current_schema()::regnamespace
    LOOP
        EXECUTE format('GRANT %s TO %I', name, pipeline);
    END LOOP;
    -- Each run asks which version the schema has.
    EXECUTE format('GRANT SELECT ON _yoyo_migration TO %I, %I, %I', pipeline, reader, statistics);
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION isolate_users IS 'Makes roles, grants and policies anew; gives NULL, or what an administrator has to do first';

-- A table is personal when it names a user: by the column user_id, or by a foreign key to a personal table.
CREATE FUNCTION personal_tables(tables text[]) RETURNS text[]
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE personal (name) AS (
        SELECT t.name FROM unnest(tables) AS t (name)
        WHERE t.name = 'users' OR EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(t.name)) AND attname = 'user_id' AND NOT attisdropped
        )
        UNION
        SELECT t.name FROM unnest(tables) AS t (name)
        JOIN pg_constraint AS c ON c.contype = 'f' AND c.conrelid = to_regclass(quote_ident(t.name))
        JOIN personal ON c.confrelid = to_regclass(quote_ident(personal.name))
    )
    SELECT array_agg(name ORDER BY name) FROM personal
$$;
COMMENT ON FUNCTION personal_tables IS 'Those of the given tables that hold something of a user';

CREATE FUNCTION reader_rule(table_name text) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN table_name = 'users' THEN 'user_key = (SELECT reader_key())'
        WHEN EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = to_regclass(quote_ident(table_name)) AND attname = 'user_id' AND NOT attisdropped
        ) THEN 'user_id = (SELECT reader_id())'
        -- The policy of the table that is pointed to applies inside the rule, too.
        ELSE (
            SELECT format('EXISTS (SELECT FROM %s AS owned WHERE owned.%I = %I.%I)',
                          c.confrelid::regclass, pointed.attname, table_name, pointing.attname)
            FROM pg_constraint AS c
            JOIN pg_attribute AS pointing ON pointing.attrelid = c.conrelid AND pointing.attnum = c.conkey[1]
            JOIN pg_attribute AS pointed ON pointed.attrelid = c.confrelid AND pointed.attnum = c.confkey[1]
            JOIN pg_class AS target ON target.oid = c.confrelid AND target.relrowsecurity
            WHERE c.contype = 'f' AND c.conrelid = to_regclass(quote_ident(table_name))
            ORDER BY c.conname LIMIT 1
        )
    END
$$;
COMMENT ON FUNCTION reader_rule IS 'Which rows of a table a reader sees';
