-- The least that a dossier needs, written by hand: what PostgreSQL itself could do, to measure the portal against.
CREATE TABLE unit (id smallint PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE dossier (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  code text NOT NULL, office_id smallint NOT NULL, unit_id smallint NOT NULL REFERENCES unit (id), procedure_id smallint NOT NULL,
  channel smallint NOT NULL, status smallint NOT NULL, -- 1 to 3 are open
  received_at timestamptz NOT NULL, due_at timestamptz NOT NULL, finished_at timestamptz,
  applicant_name text NOT NULL, applicant_idno text NOT NULL, phone text, officer_id int, note text, data jsonb NOT NULL DEFAULT '{}'
);
CREATE TABLE component (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dossier_id bigint NOT NULL, seq smallint NOT NULL, kind smallint NOT NULL, form smallint NOT NULL, doc_code text, sha256 bytea,
  reused boolean NOT NULL DEFAULT false
);
CREATE TABLE event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dossier_id bigint NOT NULL, at timestamptz NOT NULL, kind smallint NOT NULL, status smallint NOT NULL, actor_id int NOT NULL,
  unit_id smallint NOT NULL, note text
);
-- Gap-free numbers: one row an office-day, locked until commit.
CREATE TABLE series (office_id smallint, day date, last int NOT NULL, PRIMARY KEY (office_id, day)) WITH (fillfactor = 50);
CREATE TABLE code_sample (i int PRIMARY KEY, code text NOT NULL);
