-- Removes the schema with everything in it.

-- Isolation: policies and rights first, because the roles may outlive the database.
DO $$
DECLARE
    policy record;
    role_name text;
    granted record;
BEGIN
    FOR policy IN SELECT tablename, policyname FROM pg_policies
        WHERE schemaname = current_schema() AND policyname IN ('pipeline', 'reader', 'statistics')
    LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', policy.tablename);
    END LOOP;
    FOREACH role_name IN ARRAY ARRAY[isolation_role('pipeline'), isolation_role('reader'), isolation_role('statistics')] LOOP
        IF to_regrole(quote_ident(role_name)) IS NOT NULL THEN
            -- Only what the role was given: a REVOKE rewrites all rights on a table, also those of legacy backups.
            FOR granted IN
                SELECT c.oid FROM pg_class AS c, aclexplode(c.relacl) AS acl
                WHERE acl.grantee = to_regrole(quote_ident(role_name))
                UNION
                SELECT a.attrelid FROM pg_attribute AS a, aclexplode(a.attacl) AS acl
                WHERE acl.grantee = to_regrole(quote_ident(role_name))
            LOOP
                EXECUTE format('REVOKE ALL ON %s FROM %I', granted.oid::regclass, role_name);
            END LOOP;
            EXECUTE format('REVOKE ALL ON SCHEMA %I FROM %I', current_schema(), role_name);
            -- A role that logins are members of stays, without any right here.
            BEGIN
                EXECUTE format('DROP ROLE %I', role_name);
            EXCEPTION WHEN dependent_objects_still_exist OR insufficient_privilege THEN
                NULL;
            END;
        END IF;
    END LOOP;
END
$$;
DROP FUNCTION reader_rule;
DROP FUNCTION personal_tables;
DROP FUNCTION isolate_users;
DROP FUNCTION reader_id;
DROP FUNCTION reader_key;
DROP FUNCTION isolation_role;

DROP TABLE legacy_decisions;
DROP TABLE legacy_conversions;
DROP TABLE forgotten_users;
DROP TABLE run_failures;
DROP TABLE claude_costs_erased;
DROP TABLE claude_requests;
DROP TABLE user_match_state;
DROP TABLE job_match_state;
DROP TABLE user_job_matches;
DROP TABLE score_calibrations;
DROP TABLE skill_neighbours;
DROP TABLE job_facts;
DROP TABLE profile_requests;
DROP TABLE user_preferences;
DROP TABLE profile_embeddings;
DROP TABLE cv_profiles;
DROP TABLE cv_documents;
DROP TABLE users;
DROP TABLE embedding_models;
DROP TABLE job_embeddings;
DROP TABLE job_sightings;
DROP TABLE jobs;
DROP TABLE job_clusters;
DROP TABLE quarantined_records;
DROP TABLE job_pages;

-- An extension that an administrator installed stays.
DO $$
BEGIN
    IF (SELECT pg_has_role(extowner, 'USAGE') FROM pg_extension WHERE extname = 'vector') THEN
        DROP EXTENSION vector;
    END IF;
END
$$;
