-- The migrations before 0001.schema, as they were: tests build databases of those versions from them.

-- migration: 0001.catalog
-- Global catalogue: pages as they came, postings, vectors. Nothing here belongs to a user.
-- depends:

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE job_pages (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sweep_id           uuid        NOT NULL,
    generation         text        NOT NULL CHECK (generation IN ('g1', 'g2')),
    endpoint           text        NOT NULL CHECK (endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired')),
    window_start       timestamptz,
    window_end         timestamptz,
    filters            jsonb       NOT NULL,
    request            jsonb       NOT NULL,
    page_offset        integer     NOT NULL CHECK (page_offset >= 0),
    status             smallint    NOT NULL,
    headers            jsonb       NOT NULL,
    body               bytea       NOT NULL,
    sha256             text        NOT NULL,
    record_count       integer,
    last_page          boolean     NOT NULL,
    fetched_at         timestamptz NOT NULL,
    run_id             text,
    normaliser_version integer
);
CREATE UNIQUE INDEX job_pages_sweep ON job_pages (sweep_id, page_offset)
WHERE status = 200 AND record_count IS NOT NULL;
CREATE INDEX job_pages_fetched_at ON job_pages (fetched_at);
CREATE INDEX job_pages_window ON job_pages (window_start, window_end) WHERE last_page;
CREATE INDEX job_pages_normaliser_version ON job_pages (normaliser_version);
COMMENT ON TABLE job_pages IS 'One row per HTTP response of the Active Jobs API, kept as it came. jobs can be rebuilt from these rows alone.';
COMMENT ON COLUMN job_pages.id IS 'Identity; grows in the order in which pages were stored';
COMMENT ON COLUMN job_pages.sweep_id IS 'The walk through the pages of one window that this page belongs to';
COMMENT ON COLUMN job_pages.generation IS 'Generation of the interface: g1 or g2';
COMMENT ON COLUMN job_pages.endpoint IS 'Which feed was asked: 1h, 24h, 7d, 6m, modified or expired';
COMMENT ON COLUMN job_pages.window_start IS 'Start (UTC, inclusive) of the hours that the sweep answers for; NULL for feeds without a window';
COMMENT ON COLUMN job_pages.window_end IS 'End (UTC, exclusive) of the hours that the sweep answers for';
COMMENT ON COLUMN job_pages.filters IS 'What was asked for, in the project''s own terms: a page answers for hours of the same filters alone';
COMMENT ON COLUMN job_pages.request IS 'Request parameters, never the key';
COMMENT ON COLUMN job_pages.page_offset IS 'Offset of the first record of the page';
COMMENT ON COLUMN job_pages.status IS 'HTTP status';
COMMENT ON COLUMN job_pages.headers IS 'Quota and content headers of the response, lower-case names';
COMMENT ON COLUMN job_pages.body IS 'Response body, byte for byte';
COMMENT ON COLUMN job_pages.sha256 IS 'SHA-256 of the body, hex';
COMMENT ON COLUMN job_pages.record_count IS 'Records in the page; NULL when the body is not an array of records';
COMMENT ON COLUMN job_pages.last_page IS 'True when the sweep was complete with this page';
COMMENT ON COLUMN job_pages.fetched_at IS 'When the response arrived (UTC)';
COMMENT ON COLUMN job_pages.run_id IS 'Dagster run that fetched it';
COMMENT ON COLUMN job_pages.normaliser_version IS 'Version of the normaliser that loaded the page into jobs; NULL until loaded';

CREATE TABLE quarantined_records (
    id                 bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    page_id            bigint      NOT NULL REFERENCES job_pages (id) ON DELETE CASCADE,
    page_position      integer     NOT NULL CHECK (page_position >= 0),
    external_id        text,
    field              text        NOT NULL,
    reason             text        NOT NULL,
    record             text        NOT NULL,
    normaliser_version integer     NOT NULL,
    quarantined_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (page_id, page_position)
);
COMMENT ON TABLE quarantined_records IS 'One row per record that could not be used, with the reason; replayed from its page after a fix.';
COMMENT ON COLUMN quarantined_records.id IS 'Identity';
COMMENT ON COLUMN quarantined_records.page_id IS 'The page it came in';
COMMENT ON COLUMN quarantined_records.page_position IS 'Zero-based position in the page';
COMMENT ON COLUMN quarantined_records.external_id IS 'The vendor''s id, when the record had a usable one';
COMMENT ON COLUMN quarantined_records.field IS 'The field that made it unusable';
COMMENT ON COLUMN quarantined_records.reason IS 'What is wrong with the field and what would be accepted';
COMMENT ON COLUMN quarantined_records.record IS 'The record as JSON text, without hiring-manager data';
COMMENT ON COLUMN quarantined_records.normaliser_version IS 'Version of the normaliser that refused it';
COMMENT ON COLUMN quarantined_records.quarantined_at IS 'When it was put here (UTC)';

CREATE TABLE job_clusters (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cluster_key text        NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE job_clusters IS 'One row per group of postings that advertise the same job (company, title and near-identical text). Postings are grouped, never merged.';
COMMENT ON COLUMN job_clusters.id IS 'Identity';
COMMENT ON COLUMN job_clusters.cluster_key IS 'Stable key of the group: external_id of its first posting';
COMMENT ON COLUMN job_clusters.created_at IS 'When the group was first seen (UTC)';

CREATE TABLE jobs (
    id                                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    external_id                       text        NOT NULL UNIQUE,
    title                             text        NOT NULL,
    company                           text        NOT NULL,
    location                          text,
    description                       text,
    url                               text        NOT NULL,
    source                            text,
    source_type                       text,
    source_domain                     text,
    date_posted                       timestamptz,
    date_created                      timestamptz NOT NULL,
    date_validthrough                 timestamptz,
    date_modified                     timestamptz,
    modified_fields                   text[],
    organization_url                  text,
    organization_logo                 text,
    domain_derived                    text,
    employment_type                   text[],
    locations_raw                     jsonb,
    locations_alt_raw                 text[],
    location_type                     text,
    location_requirements_raw         jsonb,
    cities_derived                    text[],
    counties_derived                  text[],
    regions_derived                   text[],
    countries_derived                 text[],
    locations_derived                 text[],
    timezones_derived                 text[],
    lats_derived                      double precision[],
    lngs_derived                      double precision[],
    remote_derived                    boolean,
    salary_raw                        jsonb,
    salary_currency                   text,
    salary_min                        numeric CHECK (salary_min >= 0),
    salary_max                        numeric CHECK (salary_max >= 0),
    salary_unit                       text CHECK (salary_unit IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR')),
    ai_salary_currency                text,
    ai_salary_value                   numeric CHECK (ai_salary_value >= 0),
    ai_salary_minvalue                numeric CHECK (ai_salary_minvalue >= 0),
    ai_salary_maxvalue                numeric CHECK (ai_salary_maxvalue >= 0),
    ai_salary_unittext                text CHECK (ai_salary_unittext IN ('HOUR', 'DAY', 'WEEK', 'MONTH', 'YEAR')),
    ai_benefits                       text[],
    ai_experience_level               text CHECK (ai_experience_level IN ('0-2', '2-5', '5-10', '10+')),
    ai_work_arrangement               text CHECK (ai_work_arrangement IN ('On-site', 'Hybrid', 'Remote OK', 'Remote Solely')),
    ai_work_arrangement_office_days   smallint CHECK (ai_work_arrangement_office_days BETWEEN 0 AND 7),
    ai_remote_location                text[],
    ai_remote_location_derived        text[],
    ai_key_skills                     text[],
    ai_keywords                       text[],
    ai_taxonomies_a                   text[],
    ai_core_responsibilities          text,
    ai_requirements_summary           text,
    ai_education_requirements         text[],
    ai_working_hours                  numeric CHECK (ai_working_hours BETWEEN 0 AND 168),
    ai_employment_type                text[],
    ai_job_language                   text,
    ai_visa_sponsorship               boolean,
    linkedin_org_employees            integer CHECK (linkedin_org_employees >= 0),
    linkedin_org_url                  text,
    linkedin_org_size                 text,
    linkedin_org_slogan               text,
    linkedin_org_industry             text,
    linkedin_org_followers            integer CHECK (linkedin_org_followers >= 0),
    linkedin_org_headquarters         text,
    linkedin_org_type                 text,
    linkedin_org_foundeddate          text,
    linkedin_org_specialties          text[],
    linkedin_org_locations            text[],
    linkedin_org_description          text,
    linkedin_org_recruitment_agency_derived boolean,
    linkedin_org_slug                 text,
    extra                             jsonb,
    search_text                       tsvector GENERATED ALWAYS AS (
        to_tsvector(
            CASE WHEN ai_job_language = 'German' THEN 'german'::regconfig ELSE 'english'::regconfig END,
            title || ' ' || company || ' ' || coalesce(description, '')
        )
    ) STORED,
    record_hash                       text        NOT NULL,
    text_hash                         text        NOT NULL,
    ad_key                            text        NOT NULL,
    cluster_id                        bigint REFERENCES job_clusters (id),
    closed_at                         timestamptz,
    closed_reason                     text CHECK (closed_reason IN ('expired', 'valid_through', 'age')),
    page_id                           bigint      NOT NULL REFERENCES job_pages (id),
    page_position                     integer     NOT NULL,
    page_fetched_at                   timestamptz NOT NULL,
    collection_hour                   timestamptz NOT NULL,
    inserted_at                       timestamptz NOT NULL DEFAULT now(),
    updated_at                        timestamptz NOT NULL DEFAULT now(),
    run_id                            text,
    CHECK ((closed_at IS NULL) = (closed_reason IS NULL))
) WITH (fillfactor = 90);
CREATE INDEX jobs_ai_key_skills ON jobs USING gin (ai_key_skills);
CREATE INDEX jobs_ai_keywords ON jobs USING gin (ai_keywords);
CREATE INDEX jobs_ai_taxonomies_a ON jobs USING gin (ai_taxonomies_a);
CREATE INDEX jobs_search_text ON jobs USING gin (search_text) WITH (gin_pending_list_limit = 32768);
CREATE INDEX jobs_run_id ON jobs (run_id);
CREATE INDEX jobs_ad_key ON jobs (ad_key);
CREATE INDEX jobs_cluster_id ON jobs (cluster_id) WHERE cluster_id IS NOT NULL;
CREATE INDEX jobs_collection_hour ON jobs (collection_hour);
CREATE INDEX jobs_open ON jobs (date_created DESC) WHERE closed_at IS NULL;
COMMENT ON TABLE jobs IS 'One row per posting (unique by the vendor''s id), newest version, global: no column of it belongs to a user.';
COMMENT ON COLUMN jobs.id IS 'Identity, internal';
COMMENT ON COLUMN jobs.external_id IS 'The vendor''s id as text (G1 sends strings, G2 integers)';
COMMENT ON COLUMN jobs.title IS 'Job title, white space collapsed and repetition removed';
COMMENT ON COLUMN jobs.company IS 'Name of the organisation, trimmed (API: organization)';
COMMENT ON COLUMN jobs.location IS 'Places of the posting in one line, joined with "; " (from locations_derived)';
COMMENT ON COLUMN jobs.description IS 'Text of the ad, control characters removed (API: description_text)';
COMMENT ON COLUMN jobs.url IS 'Address of the ad, query kept';
COMMENT ON COLUMN jobs.source IS 'Applicant tracking system or board (slug)';
COMMENT ON COLUMN jobs.source_type IS 'ats, career-site or jobboard';
COMMENT ON COLUMN jobs.source_domain IS 'Domain of the source';
COMMENT ON COLUMN jobs.date_posted IS 'When the ad says it was posted (UTC); may be bumped by the employer';
COMMENT ON COLUMN jobs.date_created IS 'When the vendor indexed the ad (UTC): the time axis of the catalogue';
COMMENT ON COLUMN jobs.date_validthrough IS 'Until when the ad is valid (UTC), as stated by it';
COMMENT ON COLUMN jobs.date_modified IS 'When the vendor saw a change (UTC), 6m and modified feeds only';
COMMENT ON COLUMN jobs.modified_fields IS 'What changed at the last change: the vendor''s list, else the columns that differed';
COMMENT ON COLUMN jobs.organization_url IS 'Web page of the organisation';
COMMENT ON COLUMN jobs.organization_logo IS 'Logo of the organisation; may be a signed address that expires';
COMMENT ON COLUMN jobs.domain_derived IS 'Employer''s domain as derived by the vendor (about 98 % accurate)';
COMMENT ON COLUMN jobs.employment_type IS 'Employment types in the spelling of the source';
COMMENT ON COLUMN jobs.locations_raw IS 'Places as the source gave them (list of schema.org Place)';
COMMENT ON COLUMN jobs.locations_alt_raw IS 'Further places as text, some sources only';
COMMENT ON COLUMN jobs.location_type IS 'TELECOMMUTE, or NULL';
COMMENT ON COLUMN jobs.location_requirements_raw IS 'Countries an applicant for remote work must live in, as the source gave them';
COMMENT ON COLUMN jobs.cities_derived IS 'Cities, English names, in source order; not aligned with locations_derived';
COMMENT ON COLUMN jobs.counties_derived IS 'Counties, English names';
COMMENT ON COLUMN jobs.regions_derived IS 'Regions or states, English names';
COMMENT ON COLUMN jobs.countries_derived IS 'Countries, English names';
COMMENT ON COLUMN jobs.locations_derived IS 'Places as "City, Region, Country", sorted by the vendor; not aligned with the other arrays';
COMMENT ON COLUMN jobs.timezones_derived IS 'IANA time zones of the places';
COMMENT ON COLUMN jobs.lats_derived IS 'Latitudes of the places, degrees';
COMMENT ON COLUMN jobs.lngs_derived IS 'Longitudes of the places, degrees';
COMMENT ON COLUMN jobs.remote_derived IS 'Vendor''s broad remote flag (G1 only)';
COMMENT ON COLUMN jobs.salary_raw IS 'Salary as the source gave it (schema.org MonetaryAmount)';
COMMENT ON COLUMN jobs.salary_currency IS 'Currency of the stated salary (ISO 4217), from salary_raw';
COMMENT ON COLUMN jobs.salary_min IS 'Lower bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_max IS 'Upper bound of the stated salary, in salary_currency per salary_unit';
COMMENT ON COLUMN jobs.salary_unit IS 'Unit of time of the stated salary';
COMMENT ON COLUMN jobs.ai_salary_currency IS 'Currency of the salary found in the text by the vendor''s model';
COMMENT ON COLUMN jobs.ai_salary_value IS 'Single salary value found in the text';
COMMENT ON COLUMN jobs.ai_salary_minvalue IS 'Lower salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_maxvalue IS 'Upper salary bound found in the text';
COMMENT ON COLUMN jobs.ai_salary_unittext IS 'Unit of time of the salary found in the text';
COMMENT ON COLUMN jobs.ai_benefits IS 'Benefits named in the text';
COMMENT ON COLUMN jobs.ai_experience_level IS 'Years of experience asked for: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN jobs.ai_work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN jobs.ai_work_arrangement_office_days IS 'Office days a week of a hybrid arrangement';
COMMENT ON COLUMN jobs.ai_remote_location IS 'Where remote work may be done from, as stated';
COMMENT ON COLUMN jobs.ai_remote_location_derived IS 'Where remote work may be done from, as derived';
COMMENT ON COLUMN jobs.ai_key_skills IS 'Skills the posting asks for';
COMMENT ON COLUMN jobs.ai_keywords IS 'Keywords of the posting';
COMMENT ON COLUMN jobs.ai_taxonomies_a IS 'Industries and fields, most relevant first';
COMMENT ON COLUMN jobs.ai_core_responsibilities IS 'Responsibilities in two sentences';
COMMENT ON COLUMN jobs.ai_requirements_summary IS 'Requirements in two sentences';
COMMENT ON COLUMN jobs.ai_education_requirements IS 'Education levels asked for (API G2: ai_education)';
COMMENT ON COLUMN jobs.ai_working_hours IS 'Working hours a week (the vendor''s default is 40)';
COMMENT ON COLUMN jobs.ai_employment_type IS 'FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, VOLUNTEER, PER_DIEM or OTHER';
COMMENT ON COLUMN jobs.ai_job_language IS 'Language of the ad as an English word';
COMMENT ON COLUMN jobs.ai_visa_sponsorship IS 'Whether visa sponsorship is offered';
COMMENT ON COLUMN jobs.linkedin_org_employees IS 'Employees of the organisation listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_url IS 'Website of the organisation as listed at LinkedIn';
COMMENT ON COLUMN jobs.linkedin_org_size IS 'Size class of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_slogan IS 'Slogan of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_industry IS 'LinkedIn industry of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_followers IS 'LinkedIn followers of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_headquarters IS 'Headquarters of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_type IS 'Legal kind of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_foundeddate IS 'Year of foundation, as text';
COMMENT ON COLUMN jobs.linkedin_org_specialties IS 'Specialties of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_locations IS 'Places of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_description IS 'Description of the organisation';
COMMENT ON COLUMN jobs.linkedin_org_recruitment_agency_derived IS 'Whether the organisation is a recruitment agency, as derived';
COMMENT ON COLUMN jobs.linkedin_org_slug IS 'LinkedIn slug of the organisation';
COMMENT ON COLUMN jobs.extra IS 'Fields of the record that this schema does not know, as they came';
COMMENT ON COLUMN jobs.search_text IS 'Full-text vector of title, company and description, in the language of the ad';
COMMENT ON COLUMN jobs.record_hash IS 'SHA-256 of the normalised record: differs when anything changed';
COMMENT ON COLUMN jobs.text_hash IS 'SHA-256 of the text without cosmetic noise: differs when it must be embedded and analysed again';
COMMENT ON COLUMN jobs.ad_key IS 'SHA-256 of company and title without legal form, gender mark and punctuation: postings with the same key may be one ad';
COMMENT ON COLUMN jobs.cluster_id IS 'Group of postings for the same job; NULL when it stands alone';
COMMENT ON COLUMN jobs.closed_at IS 'When the posting was found closed (UTC); NULL while open';
COMMENT ON COLUMN jobs.closed_reason IS 'Why it is closed: expired (vendor''s feed), valid_through or age';
COMMENT ON COLUMN jobs.page_id IS 'Page that brought this version';
COMMENT ON COLUMN jobs.page_position IS 'Zero-based position in that page';
COMMENT ON COLUMN jobs.page_fetched_at IS 'When that page was fetched (UTC)';
COMMENT ON COLUMN jobs.collection_hour IS 'Hour partition of the posting: date_created cut to the hour (UTC)';
COMMENT ON COLUMN jobs.inserted_at IS 'When the row was first written (UTC)';
COMMENT ON COLUMN jobs.updated_at IS 'When the row was last changed (UTC)';
COMMENT ON COLUMN jobs.run_id IS 'Dagster run that wrote this version';

CREATE TABLE job_sightings (
    job_id        bigint      PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    last_page_id  bigint      NOT NULL,
    sightings     integer     NOT NULL CHECK (sightings > 0)
) WITH (fillfactor = 70);
COMMENT ON TABLE job_sightings IS 'One narrow row per posting with what changes at every sighting, so that the wide row stays untouched.';
COMMENT ON COLUMN job_sightings.job_id IS 'The posting';
COMMENT ON COLUMN job_sightings.first_seen_at IS 'When a page first showed it (UTC)';
COMMENT ON COLUMN job_sightings.last_seen_at IS 'When a page last showed it (UTC)';
COMMENT ON COLUMN job_sightings.last_page_id IS 'The page of the last sighting; a page replayed is not counted again';
COMMENT ON COLUMN job_sightings.sightings IS 'Number of pages that showed it';

CREATE TABLE job_embeddings (
    job_id      bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model       text        NOT NULL,
    text_hash   text        NOT NULL,
    embedding   vector      NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    run_id      text,
    PRIMARY KEY (job_id, model)
);
ALTER TABLE job_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE job_embeddings IS 'One vector per posting and embedding model.';
COMMENT ON COLUMN job_embeddings.job_id IS 'The posting';
COMMENT ON COLUMN job_embeddings.model IS 'Model, revision, text template and backend that made the vector; vectors of two models never meet';
COMMENT ON COLUMN job_embeddings.text_hash IS 'jobs.text_hash of the text that was embedded';
COMMENT ON COLUMN job_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN job_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN job_embeddings.run_id IS 'Dagster run that computed it';

-- migration: 0002.users
-- Users, their CVs and what was read from them. Every row belongs to exactly one user.
-- depends: 0001.catalog

CREATE TABLE users (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_key   text        NOT NULL UNIQUE CHECK (user_key <> ''),
    active     boolean     NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'One row per person that postings are matched for.';
COMMENT ON COLUMN users.id IS 'Identity, internal';
COMMENT ON COLUMN users.user_key IS 'The caller''s opaque key; it is the Dagster partition key, used as it is';
COMMENT ON COLUMN users.active IS 'Whether hourly runs match this user';
COMMENT ON COLUMN users.created_at IS 'When the user was first seen (UTC)';

CREATE TABLE cv_documents (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id     bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    file_name   text        NOT NULL,
    content     bytea       NOT NULL,
    sha256      text        NOT NULL,
    status      text        NOT NULL CHECK (status IN ('received', 'read', 'unreadable')),
    reason      text,
    text        text,
    received_at timestamptz NOT NULL DEFAULT now(),
    read_at     timestamptz,
    UNIQUE (user_id, sha256),
    CHECK ((status = 'unreadable') = (reason IS NOT NULL)),
    CHECK ((status = 'read') = (text IS NOT NULL))
);
COMMENT ON TABLE cv_documents IS 'One row per CV file of a user (by content). The original is kept until the user has it deleted.';
COMMENT ON COLUMN cv_documents.id IS 'Identity';
COMMENT ON COLUMN cv_documents.user_id IS 'Whose CV it is';
COMMENT ON COLUMN cv_documents.file_name IS 'Name of the file as it was handed in, cleaned of control characters';
COMMENT ON COLUMN cv_documents.content IS 'The file, byte for byte';
COMMENT ON COLUMN cv_documents.sha256 IS 'SHA-256 of the content, hex';
COMMENT ON COLUMN cv_documents.status IS 'received, read or unreadable';
COMMENT ON COLUMN cv_documents.reason IS 'Why it is unreadable';
COMMENT ON COLUMN cv_documents.text IS 'Plain text read from it';
COMMENT ON COLUMN cv_documents.received_at IS 'When this content last landed (UTC); the newest is the current CV';
COMMENT ON COLUMN cv_documents.read_at IS 'When it was read (UTC)';

CREATE TABLE cv_profiles (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id           bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    version           integer     NOT NULL CHECK (version > 0),
    document_id       bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    language          text,
    skills            text[],
    experience_years  numeric CHECK (experience_years BETWEEN 0 AND 80),
    experience_level  text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    seniority         text,
    education         text[],
    languages         text[],
    industries        text[],
    work_arrangements text[],
    locations         text[],
    evidence          jsonb       NOT NULL,
    embedding_text    text        NOT NULL,
    text_hash         text        NOT NULL,
    extractor_version integer     NOT NULL,
    created_at        timestamptz NOT NULL DEFAULT now(),
    run_id            text,
    UNIQUE (user_id, version)
);
COMMENT ON TABLE cv_profiles IS 'One immutable row per version of what was read from a user''s CV; the highest version is current. NULL means unknown.';
COMMENT ON COLUMN cv_profiles.id IS 'Identity';
COMMENT ON COLUMN cv_profiles.user_id IS 'Whose profile it is';
COMMENT ON COLUMN cv_profiles.version IS 'Version, counted from 1 for each user';
COMMENT ON COLUMN cv_profiles.document_id IS 'The CV it was read from';
COMMENT ON COLUMN cv_profiles.language IS 'Language of the CV as an English word';
COMMENT ON COLUMN cv_profiles.skills IS 'Skills found, in the CV''s own spelling';
COMMENT ON COLUMN cv_profiles.experience_years IS 'Years of work experience, overlaps counted once';
COMMENT ON COLUMN cv_profiles.experience_level IS 'The vendor''s level for these years: 0-2, 2-5, 5-10 or 10+';
COMMENT ON COLUMN cv_profiles.seniority IS 'Seniority read from titles';
COMMENT ON COLUMN cv_profiles.education IS 'Education levels: high school, bachelor degree, postgraduate degree';
COMMENT ON COLUMN cv_profiles.languages IS 'Languages spoken, English names';
COMMENT ON COLUMN cv_profiles.industries IS 'Fields of work, in the vendor''s taxonomy (jobs.ai_taxonomies_a)';
COMMENT ON COLUMN cv_profiles.work_arrangements IS 'Work arrangements the CV asks for';
COMMENT ON COLUMN cv_profiles.locations IS 'Places the CV asks for or names as home';
COMMENT ON COLUMN cv_profiles.evidence IS 'For each field the pieces of text it was read from';
COMMENT ON COLUMN cv_profiles.embedding_text IS 'Text that stands for the profile when it is embedded';
COMMENT ON COLUMN cv_profiles.text_hash IS 'SHA-256 of embedding_text';
COMMENT ON COLUMN cv_profiles.extractor_version IS 'Version of the extractor that read it';
COMMENT ON COLUMN cv_profiles.created_at IS 'When it was read (UTC)';
COMMENT ON COLUMN cv_profiles.run_id IS 'Dagster run that read it';

CREATE TABLE profile_embeddings (
    profile_id  bigint      NOT NULL REFERENCES cv_profiles (id) ON DELETE CASCADE,
    model       text        NOT NULL,
    text_hash   text        NOT NULL,
    embedding   vector      NOT NULL,
    embedded_at timestamptz NOT NULL DEFAULT now(),
    run_id      text,
    PRIMARY KEY (profile_id, model)
);
ALTER TABLE profile_embeddings ALTER COLUMN embedding SET STORAGE PLAIN;
COMMENT ON TABLE profile_embeddings IS 'One vector per profile version and embedding model. Personal data: erased with the user.';
COMMENT ON COLUMN profile_embeddings.profile_id IS 'The profile version';
COMMENT ON COLUMN profile_embeddings.model IS 'Model, revision, text template and backend that made the vector';
COMMENT ON COLUMN profile_embeddings.text_hash IS 'cv_profiles.text_hash of the text that was embedded';
COMMENT ON COLUMN profile_embeddings.embedding IS 'Unit-length vector';
COMMENT ON COLUMN profile_embeddings.embedded_at IS 'When it was computed (UTC)';
COMMENT ON COLUMN profile_embeddings.run_id IS 'Dagster run that computed it';

CREATE TABLE user_preferences (
    user_id            bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    locations          text[],
    work_arrangements  text[],
    min_salary         numeric CHECK (min_salary >= 0),
    salary_currency    text,
    needs_visa         boolean,
    languages          text[],
    excluded_companies text[],
    updated_at         timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_preferences IS 'One row per user with what the user asked for. NULL means no preference.';
COMMENT ON COLUMN user_preferences.user_id IS 'The user';
COMMENT ON COLUMN user_preferences.locations IS 'Places the user accepts';
COMMENT ON COLUMN user_preferences.work_arrangements IS 'Work arrangements the user accepts (values of jobs.ai_work_arrangement)';
COMMENT ON COLUMN user_preferences.min_salary IS 'Lowest yearly salary the user accepts, in salary_currency';
COMMENT ON COLUMN user_preferences.salary_currency IS 'Currency of min_salary (ISO 4217)';
COMMENT ON COLUMN user_preferences.needs_visa IS 'Whether the user needs visa sponsorship';
COMMENT ON COLUMN user_preferences.languages IS 'Languages an ad may be written in, English names';
COMMENT ON COLUMN user_preferences.excluded_companies IS 'Companies the user does not want to see';
COMMENT ON COLUMN user_preferences.updated_at IS 'When it was last set (UTC)';

CREATE TABLE user_match_state (
    user_id         bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    profile_version integer     NOT NULL,
    scoring_key     text        NOT NULL,
    matched_at      timestamptz NOT NULL DEFAULT now(),
    run_id          text
);
COMMENT ON TABLE user_match_state IS 'One row per user: what the user''s matches were computed from. The truth that the CV sensor looks at.';
COMMENT ON COLUMN user_match_state.user_id IS 'The user';
COMMENT ON COLUMN user_match_state.profile_version IS 'Profile version that is matched against every open posting';
COMMENT ON COLUMN user_match_state.scoring_key IS 'Embedding model, calibration and weights that were used';
COMMENT ON COLUMN user_match_state.matched_at IS 'When (UTC)';
COMMENT ON COLUMN user_match_state.run_id IS 'Dagster run that did it';

-- migration: 0003.matching
-- Matches of users and postings, and the ledgers behind their scores.
-- depends: 0002.users

CREATE TABLE score_calibrations (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model      text        NOT NULL,
    knots      jsonb       NOT NULL,
    provenance jsonb       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    run_id     text
);
CREATE INDEX score_calibrations_model ON score_calibrations (model, id DESC);
COMMENT ON TABLE score_calibrations IS 'One row per fit of the map from cosine similarity to semantic_score; the newest of a model is in force.';
COMMENT ON COLUMN score_calibrations.id IS 'Identity; the version of the calibration';
COMMENT ON COLUMN score_calibrations.model IS 'Embedding model that it holds for';
COMMENT ON COLUMN score_calibrations.knots IS 'List of [cosine, score], both increasing; linear in between';
COMMENT ON COLUMN score_calibrations.provenance IS 'What it was fitted on: data, pair count, percentiles';
COMMENT ON COLUMN score_calibrations.created_at IS 'When (UTC)';
COMMENT ON COLUMN score_calibrations.run_id IS 'Dagster run that fitted it';

CREATE TABLE job_match_state (
    job_id      bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash text        NOT NULL,
    scoring_key text        NOT NULL,
    matched_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
COMMENT ON TABLE job_match_state IS 'One row per posting that was matched against every active user; no row, or other values than the posting''s, means it is stale.';
COMMENT ON COLUMN job_match_state.job_id IS 'The posting';
COMMENT ON COLUMN job_match_state.record_hash IS 'jobs.record_hash of the version that was matched';
COMMENT ON COLUMN job_match_state.scoring_key IS 'Embedding model, calibration and weights that were used';
COMMENT ON COLUMN job_match_state.matched_at IS 'When (UTC)';

CREATE TABLE user_job_matches (
    id                     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id                bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id                 bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    similarity             real CHECK (similarity BETWEEN -1.001 AND 1.001),
    semantic_score         smallint CHECK (semantic_score BETWEEN 0 AND 100),
    match_score            smallint CHECK (match_score BETWEEN 0 AND 100),
    skills_score           smallint CHECK (skills_score BETWEEN 0 AND 100),
    experience_score       smallint CHECK (experience_score BETWEEN 0 AND 100),
    industry_score         smallint CHECK (industry_score BETWEEN 0 AND 100),
    work_arrangement_score smallint CHECK (work_arrangement_score BETWEEN 0 AND 100),
    claude_score           smallint CHECK (claude_score BETWEEN 0 AND 100),
    claude_status          text CHECK (claude_status IN ('waiting', 'pending', 'done', 'failed', 'refused', 'ungrounded', 'skipped')),
    priority               text CHECK (priority IN ('high', 'medium', 'low')),
    matching_skills        text[],
    missing_skills         text[],
    match_reasoning        text,
    key_alignments         jsonb,
    potential_gaps         jsonb,
    status                 text        NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'saved', 'applied', 'rejected')),
    decided_at             timestamptz,
    profile_version        integer     NOT NULL,
    embedding_model        text        NOT NULL,
    calibration_id         bigint REFERENCES score_calibrations (id),
    scoring_key            text        NOT NULL,
    record_hash            text        NOT NULL,
    claude_request_hash    text,
    claude_reason          text,
    prompt_version         text,
    claude_model           text,
    created_at             timestamptz NOT NULL DEFAULT now(),
    updated_at             timestamptz NOT NULL DEFAULT now(),
    run_id                 text,
    UNIQUE (user_id, job_id)
) WITH (fillfactor = 90);
CREATE INDEX user_job_matches_job ON user_job_matches (job_id);
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, match_score DESC);
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, semantic_score DESC) WHERE claude_status = 'waiting';
COMMENT ON TABLE user_job_matches IS 'One row per user and posting that fit each other well enough to keep. Belongs to the user.';
COMMENT ON COLUMN user_job_matches.id IS 'Identity';
COMMENT ON COLUMN user_job_matches.user_id IS 'The user';
COMMENT ON COLUMN user_job_matches.job_id IS 'The posting';
COMMENT ON COLUMN user_job_matches.similarity IS 'Cosine similarity of posting and profile, before calibration';
COMMENT ON COLUMN user_job_matches.semantic_score IS 'Calibrated similarity, 0..100; NULL when not computed';
COMMENT ON COLUMN user_job_matches.match_score IS 'Weighted score of the known parts, 0..100';
COMMENT ON COLUMN user_job_matches.skills_score IS 'Part of the weighted score: skills; NULL when the posting or the CV names none';
COMMENT ON COLUMN user_job_matches.experience_score IS 'Part of the weighted score: experience; NULL when unknown';
COMMENT ON COLUMN user_job_matches.industry_score IS 'Part of the weighted score: industry; NULL when unknown';
COMMENT ON COLUMN user_job_matches.work_arrangement_score IS 'Part of the weighted score: work arrangement; NULL when unknown';
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'Where the pair stands with Claude; NULL when its semantic score does not send it there';
COMMENT ON COLUMN user_job_matches.priority IS 'high, medium or low, derived from claude_score, else from match_score';
COMMENT ON COLUMN user_job_matches.matching_skills IS 'Skills of the posting that the CV shows';
COMMENT ON COLUMN user_job_matches.missing_skills IS 'Skills of the posting that the CV does not show';
COMMENT ON COLUMN user_job_matches.match_reasoning IS 'Why it fits, or not, in words';
COMMENT ON COLUMN user_job_matches.key_alignments IS 'Claude''s alignments, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.potential_gaps IS 'Claude''s gaps, each with a quote that was found in the texts';
COMMENT ON COLUMN user_job_matches.status IS 'The user''s own decision: new, saved, applied or rejected; never overwritten by matching';
COMMENT ON COLUMN user_job_matches.decided_at IS 'When the user decided (UTC)';
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity';
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights that made the scores';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched';
COMMENT ON COLUMN user_job_matches.claude_request_hash IS 'claude_requests.request_hash behind the Claude columns';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, for failed, refused, ungrounded and skipped pairs';
COMMENT ON COLUMN user_job_matches.prompt_version IS 'Version of the prompt behind claude_score';
COMMENT ON COLUMN user_job_matches.claude_model IS 'Claude model behind claude_score';
COMMENT ON COLUMN user_job_matches.created_at IS 'When the pair was first kept (UTC)';
COMMENT ON COLUMN user_job_matches.updated_at IS 'When anything but the decision last changed (UTC)';
COMMENT ON COLUMN user_job_matches.run_id IS 'Dagster run that wrote the scores';

CREATE TABLE claude_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    job_id          bigint      NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    prompt_version  text        NOT NULL,
    profile_version integer     NOT NULL,
    text_hash       text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 0,
    batch_id        text,
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text
);
CREATE INDEX claude_requests_answered_at ON claude_requests (answered_at);
CREATE INDEX claude_requests_user ON claude_requests (user_id);
COMMENT ON TABLE claude_requests IS 'Ledger: one row per distinct request to Claude, committed before the call; an answer that is held is never paid for again.';
COMMENT ON COLUMN claude_requests.id IS 'Identity';
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 over model, prompt version, answer schema, profile version and posting text';
COMMENT ON COLUMN claude_requests.user_id IS 'User of the pair';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting of the pair';
COMMENT ON COLUMN claude_requests.model IS 'Claude model asked';
COMMENT ON COLUMN claude_requests.prompt_version IS 'Version of the prompt';
COMMENT ON COLUMN claude_requests.profile_version IS 'Profile version in the prompt';
COMMENT ON COLUMN claude_requests.text_hash IS 'jobs.text_hash of the posting in the prompt';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, not answered), answered or failed';
COMMENT ON COLUMN claude_requests.attempts IS 'Calls made for it';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch it travels in; NULL for a direct call';
COMMENT ON COLUMN claude_requests.answer IS 'The raw answer, stored before it is parsed';
COMMENT ON COLUMN claude_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN claude_requests.cost_usd IS 'Cost in USD from usage and the price table';
COMMENT ON COLUMN claude_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN claude_requests.created_at IS 'When the row was committed (UTC)';
COMMENT ON COLUMN claude_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN claude_requests.run_id IS 'Dagster run that asked';

-- migration: 0004.integrity
-- Rules that the tables keep by themselves, and an index for each query of a screen.
-- depends: 0003.matching

-- One pass over jobs for the three; the tables are locked until the migration ends.
ALTER TABLE jobs
    ADD CONSTRAINT jobs_named CHECK (external_id <> '' AND title <> '' AND company <> '' AND url <> ''),
    ADD CONSTRAINT jobs_salary_range CHECK (salary_min <= salary_max),
    ADD CONSTRAINT jobs_ai_lists_filled CHECK (
        cardinality(ai_key_skills) > 0 AND cardinality(ai_keywords) > 0 AND cardinality(ai_taxonomies_a) > 0
        AND cardinality(ai_benefits) > 0 AND cardinality(ai_education_requirements) > 0
        AND cardinality(ai_employment_type) > 0 AND cardinality(ai_remote_location) > 0
        AND cardinality(ai_remote_location_derived) > 0
    );
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_decision_dated CHECK (status = 'new' OR decided_at IS NOT NULL);

-- A match without a score comes last in every list.
DROP INDEX user_job_matches_best;
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, match_score DESC NULLS LAST, semantic_score DESC NULLS LAST);
CREATE INDEX user_job_matches_decided ON user_job_matches (user_id, decided_at DESC) WHERE status <> 'new';
CREATE INDEX jobs_page_id ON jobs (page_id);
-- A name of any length is taken: an index holds at most 2,704 bytes of a row.
CREATE INDEX jobs_open_company ON jobs (left(lower(company), 200), date_created DESC) WHERE closed_at IS NULL;
CREATE INDEX jobs_open_level ON jobs (ai_experience_level, date_created DESC) WHERE closed_at IS NULL;
CREATE INDEX jobs_updated_at ON jobs (updated_at);
CREATE INDEX claude_requests_job ON claude_requests (job_id);
CREATE INDEX quarantined_records_at ON quarantined_records (quarantined_at DESC);

-- migration: 0005.legacy
-- What a conversion of the legacy project's database leaves behind: postings with their records, users' decisions.
-- depends: 0004.integrity

ALTER TABLE job_pages DROP CONSTRAINT job_pages_endpoint_check;
ALTER TABLE job_pages ADD CONSTRAINT job_pages_endpoint_check CHECK (
    endpoint IN ('1h', '24h', '7d', '6m', 'modified', 'expired', 'added', 'legacy')
);
COMMENT ON COLUMN job_pages.endpoint IS 'Which feed was asked: 1h, 24h, 7d, 6m, modified or expired; added: a record given to the Python API; legacy: rows of the legacy database';

-- A decision that was carried over has no score until its pair is matched.
ALTER TABLE user_job_matches ALTER COLUMN profile_version DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN embedding_model DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN scoring_key DROP NOT NULL;
ALTER TABLE user_job_matches ALTER COLUMN record_hash DROP NOT NULL;
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_scores_explained CHECK (
    match_score IS NULL AND semantic_score IS NULL
    OR profile_version IS NOT NULL AND embedding_model IS NOT NULL AND scoring_key IS NOT NULL AND record_hash IS NOT NULL
);
COMMENT ON COLUMN user_job_matches.profile_version IS 'Profile version that was matched; NULL for a decision carried over and not matched yet';
COMMENT ON COLUMN user_job_matches.embedding_model IS 'Embedding model of the similarity; NULL until matched';
COMMENT ON COLUMN user_job_matches.scoring_key IS 'Embedding model, calibration and weights that made the scores; NULL until matched';
COMMENT ON COLUMN user_job_matches.record_hash IS 'jobs.record_hash of the version that was matched; NULL until matched';

CREATE TABLE legacy_conversions (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    counts       jsonb       NOT NULL,
    checksums    jsonb       NOT NULL,
    converted_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE legacy_conversions IS 'One row when the database was converted from the legacy project: what was found, and the checksums that a way back must reach.';
COMMENT ON COLUMN legacy_conversions.id IS 'Identity';
COMMENT ON COLUMN legacy_conversions.counts IS 'Rows found, converted, refused and carried over';
COMMENT ON COLUMN legacy_conversions.checksums IS 'Checksum of each legacy table before the conversion: rows, columns, indexes, constraints, sequences';
COMMENT ON COLUMN legacy_conversions.converted_at IS 'When (UTC)';

CREATE TABLE legacy_decisions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id         bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    legacy_match_id text   NOT NULL,
    external_id     text,
    legacy_status   text   NOT NULL,
    decided_at      timestamptz,
    outcome         text   NOT NULL CHECK (outcome IN ('carried', 'older', 'left')),
    reason          text,
    CHECK ((outcome = 'carried') = (reason IS NULL))
);
CREATE INDEX legacy_decisions_user ON legacy_decisions (user_id);
COMMENT ON TABLE legacy_decisions IS 'One row per decision found in the legacy matches, and what became of it. Belongs to the user.';
COMMENT ON COLUMN legacy_decisions.id IS 'Identity';
COMMENT ON COLUMN legacy_decisions.user_id IS 'The user';
COMMENT ON COLUMN legacy_decisions.legacy_match_id IS 'id of the row in user_job_matches_legacy_backup';
COMMENT ON COLUMN legacy_decisions.external_id IS 'The vendor''s id of the posting, when the legacy tables know it';
COMMENT ON COLUMN legacy_decisions.legacy_status IS 'The status as it stood there';
COMMENT ON COLUMN legacy_decisions.decided_at IS 'When the legacy row last changed (UTC); NULL when it does not say';
COMMENT ON COLUMN legacy_decisions.outcome IS 'carried to user_job_matches; older than another decision on the same posting; or left in the backup';
COMMENT ON COLUMN legacy_decisions.reason IS 'Why it was not carried';

-- migration: 0010.landings
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

-- migration: 0011.filling
-- Optional filling of unknown profile fields by Claude: a ledger of its own.
-- depends: 0010.landings

CREATE TABLE profile_requests (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_hash    text        NOT NULL UNIQUE,
    user_id         bigint      NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    document_id     bigint      NOT NULL REFERENCES cv_documents (id) ON DELETE CASCADE,
    model           text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('pending', 'answered', 'failed')),
    attempts        integer     NOT NULL DEFAULT 1,
    reserved_usd    numeric     NOT NULL CHECK (reserved_usd >= 0),
    lost_usd        numeric     NOT NULL DEFAULT 0 CHECK (lost_usd >= 0),
    answer          jsonb,
    usage           jsonb,
    cost_usd        numeric CHECK (cost_usd >= 0),
    error           text,
    applied_version integer,
    claimed_at      timestamptz NOT NULL DEFAULT now(),
    answered_at     timestamptz,
    run_id          text
);
CREATE INDEX profile_requests_user ON profile_requests (user_id);
COMMENT ON TABLE profile_requests IS 'Ledger: one row per distinct question to Claude about a CV, committed before the call; an answer that is held is never paid for again.';
COMMENT ON COLUMN profile_requests.id IS 'Identity';
COMMENT ON COLUMN profile_requests.request_hash IS 'SHA-256 over user, model, prompt, answer schema and the text without personal data';
COMMENT ON COLUMN profile_requests.user_id IS 'Whose CV it is';
COMMENT ON COLUMN profile_requests.document_id IS 'The CV that was asked about';
COMMENT ON COLUMN profile_requests.model IS 'Claude model asked';
COMMENT ON COLUMN profile_requests.state IS 'pending (committed, not answered), answered or failed (may be asked again)';
COMMENT ON COLUMN profile_requests.attempts IS 'Calls made for it';
COMMENT ON COLUMN profile_requests.reserved_usd IS 'Most that the call can cost (USD); counts as spent while it is pending';
COMMENT ON COLUMN profile_requests.lost_usd IS 'Most that calls without a recorded answer can have cost (USD)';
COMMENT ON COLUMN profile_requests.answer IS 'The raw message, stored before it is read';
COMMENT ON COLUMN profile_requests.usage IS 'Tokens as reported by the API';
COMMENT ON COLUMN profile_requests.cost_usd IS 'Cost in USD from usage and the price table';
COMMENT ON COLUMN profile_requests.error IS 'Class and reason of the last failure';
COMMENT ON COLUMN profile_requests.applied_version IS 'Profile version that holds what was usable of the answer; the version asked about when nothing was; NULL until applied';
COMMENT ON COLUMN profile_requests.claimed_at IS 'When it was last about to be asked (UTC)';
COMMENT ON COLUMN profile_requests.answered_at IS 'When the answer arrived (UTC)';
COMMENT ON COLUMN profile_requests.run_id IS 'Dagster run that asked';

-- migration: 0015.matching_engine
-- What is matched of a posting, the evidence behind a match, and the embedding model in force.
-- depends: 0003.matching

CREATE TABLE job_facts (
    job_id           bigint PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    record_hash      text        NOT NULL,
    facts_version    text        NOT NULL,
    skills           text[],
    experience_level text CHECK (experience_level IN ('0-2', '2-5', '5-10', '10+')),
    industries       text[],
    work_arrangement text CHECK (work_arrangement IN ('On-site', 'Hybrid', 'Remote OK', 'Remote Solely')),
    derived          text[],
    read_at          timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 90);
COMMENT ON TABLE job_facts IS 'One row per posting that was matched: the facts that matching looks at, the vendor''s or, where those are missing, read from the ad itself.';
COMMENT ON COLUMN job_facts.job_id IS 'The posting';
COMMENT ON COLUMN job_facts.record_hash IS 'jobs.record_hash of the version that was read';
COMMENT ON COLUMN job_facts.facts_version IS 'Version of the reading and of its word lists';
COMMENT ON COLUMN job_facts.skills IS 'Skills asked for, in the vendor''s or the ad''s own spelling';
COMMENT ON COLUMN job_facts.experience_level IS 'Experience asked for: 0-2, 2-5, 5-10 or 10+ years';
COMMENT ON COLUMN job_facts.industries IS 'Fields of work, in the vendor''s taxonomy';
COMMENT ON COLUMN job_facts.work_arrangement IS 'On-site, Hybrid, Remote OK or Remote Solely';
COMMENT ON COLUMN job_facts.derived IS 'Names of the facts that were read from the ad; they may score a pair, never exclude one';
COMMENT ON COLUMN job_facts.read_at IS 'When (UTC)';

ALTER TABLE user_job_matches ADD COLUMN relevance real CHECK (relevance BETWEEN 0 AND 100);
ALTER TABLE user_job_matches ADD COLUMN skill_hits jsonb;
ALTER TABLE user_job_matches ADD COLUMN filters jsonb;
COMMENT ON COLUMN user_job_matches.relevance IS 'Orders the user''s list, 0..100: semantic likeness first, then field and skills (core/matching/scoring.py)';
COMMENT ON COLUMN user_job_matches.skill_hits IS 'List of [kind, skill of the posting, skill of the CV]; kind is exact, alias, fuzzy, related or category';
COMMENT ON COLUMN user_job_matches.filters IS 'For each filter that the user set: fits or unknown; a pair that does not fit is not kept';
UPDATE user_job_matches SET relevance = match_score WHERE relevance IS NULL;
DROP INDEX user_job_matches_best;
CREATE INDEX user_job_matches_best ON user_job_matches (user_id, relevance DESC NULLS LAST);

CREATE TABLE embedding_models (
    model        text PRIMARY KEY,
    completed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE embedding_models IS 'One row per embedding model that had a vector for every open posting and current profile; the newest is in force until the configured one is complete.';
COMMENT ON COLUMN embedding_models.model IS 'Model, weights, backend and text template';
COMMENT ON COLUMN embedding_models.completed_at IS 'When it first was complete (UTC)';

-- What is stale is found without reading a vector.
CREATE INDEX job_embeddings_text ON job_embeddings (model, job_id) INCLUDE (text_hash);
CREATE INDEX jobs_open_hashes ON jobs (id) INCLUDE (text_hash, record_hash) WHERE closed_at IS NULL;

-- migration: 0016.skill_neighbours
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

-- migration: 0017.calibrations
-- A calibration may be deleted: matches that were scored with it stay, and are scored anew with the one in force.
-- depends: 0015.matching_engine

ALTER TABLE user_job_matches DROP CONSTRAINT user_job_matches_calibration_id_fkey;
ALTER TABLE user_job_matches ADD CONSTRAINT user_job_matches_calibration_id_fkey
    FOREIGN KEY (calibration_id) REFERENCES score_calibrations (id) ON DELETE SET NULL;
COMMENT ON COLUMN user_job_matches.calibration_id IS 'Calibration of semantic_score; NULL when it was deleted since';

-- migration: 0020.claude
-- Claude: money reserved before a call, batches, and how an answer was held to its band.
-- depends: 0003.matching

ALTER TABLE claude_requests
    ADD COLUMN attempt smallint NOT NULL DEFAULT 1 CHECK (attempt IN (1, 2)),
    ADD COLUMN failures smallint NOT NULL DEFAULT 0,
    ADD COLUMN claimed_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN reserved_usd numeric NOT NULL DEFAULT 0 CHECK (reserved_usd >= 0),
    ADD COLUMN lost_usd numeric NOT NULL DEFAULT 0 CHECK (lost_usd >= 0);
ALTER TABLE claude_requests DROP CONSTRAINT claude_requests_state_check;
ALTER TABLE claude_requests ADD CONSTRAINT claude_requests_state_check
    CHECK (state IN ('pending', 'answered', 'failed', 'rejected'));
CREATE INDEX claude_requests_pending ON claude_requests (batch_id) WHERE state = 'pending';
CREATE INDEX claude_requests_claimed_at ON claude_requests (claimed_at) WHERE lost_usd > 0;
COMMENT ON COLUMN claude_requests.request_hash IS 'SHA-256 over user, model, prompt version (guidelines and answer schema), facts of the profile and of the posting, and attempt';
COMMENT ON COLUMN claude_requests.job_id IS 'Posting that was asked about: the oldest of its cluster, whose answer holds for the others';
COMMENT ON COLUMN claude_requests.state IS 'pending (committed, no answer yet), answered, failed (may be asked again) or rejected (the API will never answer it, or it failed too often)';
COMMENT ON COLUMN claude_requests.attempts IS 'Calls made for it, or batches it travelled in';
COMMENT ON COLUMN claude_requests.batch_id IS 'Message batch it travels in; "submitting:" and the batch''s key until the API has named it; NULL for a direct call';
COMMENT ON COLUMN claude_requests.attempt IS '1, or 2 for the one time that is asked again after an unusable or generic answer';
COMMENT ON COLUMN claude_requests.failures IS 'Failures that count towards giving up: batch items without an answer, calls that may have been billed';
COMMENT ON COLUMN claude_requests.claimed_at IS 'When it was last about to be asked (UTC)';
COMMENT ON COLUMN claude_requests.reserved_usd IS 'Most that the call under way can cost (USD); 0 when none is under way';
COMMENT ON COLUMN claude_requests.lost_usd IS 'Most that calls without a recorded answer can have cost (USD): timeouts, kills between answer and commit';

ALTER TABLE user_job_matches
    ADD COLUMN claude_raw_score smallint CHECK (claude_raw_score BETWEEN 0 AND 100),
    ADD COLUMN claude_band_low smallint CHECK (claude_band_low BETWEEN 0 AND 100),
    ADD COLUMN claude_band_high smallint CHECK (claude_band_high BETWEEN 0 AND 100),
    ADD COLUMN claude_deviation smallint,
    ADD COLUMN claude_items_dropped smallint,
    ADD COLUMN claude_is_generic boolean,
    ADD COLUMN posting_signs text[];
DROP INDEX user_job_matches_claude;
CREATE INDEX user_job_matches_claude ON user_job_matches (user_id, match_score DESC) WHERE claude_status IN ('waiting', 'pending');
COMMENT ON COLUMN user_job_matches.claude_score IS 'Claude''s score held near its band, 0..100; NULL when there is none';
COMMENT ON COLUMN user_job_matches.claude_status IS 'waiting, pending (in a message batch), done, failed, refused, ungrounded or skipped; NULL when the semantic score does not send the pair to Claude';
COMMENT ON COLUMN user_job_matches.claude_reason IS 'Why there is no Claude score, or why the pair still waits';
COMMENT ON COLUMN user_job_matches.claude_raw_score IS 'Claude''s own score before it was held near the band';
COMMENT ON COLUMN user_job_matches.claude_band_low IS 'Lower end of the band that the skill match gives (the other known parts where it is unknown)';
COMMENT ON COLUMN user_job_matches.claude_band_high IS 'Upper end of that band';
COMMENT ON COLUMN user_job_matches.claude_deviation IS 'How far claude_raw_score lies outside the band, signed; 0 inside';
COMMENT ON COLUMN user_job_matches.claude_items_dropped IS 'Alignments and gaps dropped because their quote stands nowhere';
COMMENT ON COLUMN user_job_matches.claude_is_generic IS 'Whether the reasons name no concrete skill or fact, even after asking again';
COMMENT ON COLUMN user_job_matches.posting_signs IS 'Signs of instructions or hidden text in the ad: Claude saw its structured fields alone; NULL when there are none';

-- migration: 0021.erased_costs
-- What erased users' requests to Claude cost: the money is spent whoever is forgotten.
-- depends: 0020.claude

CREATE TABLE claude_costs_erased (
    day date    PRIMARY KEY,
    usd numeric NOT NULL CHECK (usd >= 0)
);
COMMENT ON TABLE claude_costs_erased IS 'One row per day (UTC) with requests of users who were erased since: what they cost in sum, so that a budget is not given back. Names nobody.';
COMMENT ON COLUMN claude_costs_erased.day IS 'Day (UTC) of the answer, of the call whose answer was lost, or of the erasure for what was under way';
COMMENT ON COLUMN claude_costs_erased.usd IS 'Costs of answers, the most that lost calls can have cost, and what was reserved for requests under way (USD)';

-- migration: 0025.operations
-- Operations: failures of runs with their next step, and page bodies that housekeeping took away.
-- depends: 0004.integrity

CREATE TABLE run_failures (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run_id          text        NOT NULL UNIQUE,
    job_name        text        NOT NULL,
    partition_key   text,
    user_id         bigint REFERENCES users (id) ON DELETE CASCADE,
    step_key        text,
    error_class     text        NOT NULL,
    next_step       text        NOT NULL,
    inputs          jsonb       NOT NULL,
    failed_at       timestamptz NOT NULL,
    noted_at        timestamptz NOT NULL DEFAULT now(),
    webhook_outcome text
);
CREATE INDEX run_failures_failed_at ON run_failures (failed_at);
CREATE INDEX run_failures_user_id ON run_failures (user_id) WHERE user_id IS NOT NULL;
COMMENT ON TABLE run_failures IS 'One row per failed run, with what to do next. Holds no message of an error: that may quote a CV or a secret, and stands in the run.';
COMMENT ON COLUMN run_failures.id IS 'Identity';
COMMENT ON COLUMN run_failures.run_id IS 'Dagster run that failed';
COMMENT ON COLUMN run_failures.job_name IS 'Its job';
COMMENT ON COLUMN run_failures.partition_key IS 'Its partition (an hour, a day, a user key) or first and last of a range; NULL without partitions';
COMMENT ON COLUMN run_failures.user_id IS 'The user, when the run was one user''s; the row goes with the user';
COMMENT ON COLUMN run_failures.step_key IS 'The step that failed first; NULL when the run failed outside of its steps';
COMMENT ON COLUMN run_failures.error_class IS 'Class of the innermost error';
COMMENT ON COLUMN run_failures.next_step IS 'What to click or type now';
COMMENT ON COLUMN run_failures.inputs IS 'Tags of the run that name its inputs (jobmatch/..., partition, backfill); no configuration';
COMMENT ON COLUMN run_failures.failed_at IS 'When the run failed (UTC)';
COMMENT ON COLUMN run_failures.noted_at IS 'When the sensor saw it (UTC)';
COMMENT ON COLUMN run_failures.webhook_outcome IS 'HTTP status of the webhook, or the class of the error on the way; NULL when none is configured';

ALTER TABLE job_pages ADD COLUMN body_removed_at timestamptz;
COMMENT ON COLUMN job_pages.body_removed_at IS 'When housekeeping emptied the body (UTC); NULL while it is kept. The row stays: it answers for its hours, credits and quota';

-- migration: 0030.isolation
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
