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
CREATE TABLE ticket_series (office_id smallint, day date, last int NOT NULL, PRIMARY KEY (office_id, day)) WITH (fillfactor = 50);
CREATE TABLE ticket (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  office_id smallint NOT NULL, day date NOT NULL, no int NOT NULL, priority smallint NOT NULL DEFAULT 5,
  status smallint NOT NULL DEFAULT 0, -- 0 waiting, 1 called, 2 served, 3 done
  counter_id smallint, issued_at timestamptz NOT NULL DEFAULT now(), called_at timestamptz, started_at timestamptz, done_at timestamptz
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX ticket_no ON ticket (office_id, day, no);
CREATE INDEX ticket_wait ON ticket (office_id, priority, no) WHERE status = 0;
CREATE INDEX ticket_there ON ticket (office_id, counter_id) WHERE status IN (1, 2);
-- Papers and their codes: one gap-free series a kind and year.
CREATE TABLE doc (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner text NOT NULL, kind smallint NOT NULL, code text) WITH (fillfactor = 70);
CREATE UNIQUE INDEX doc_code ON doc (code) WHERE code IS NOT NULL;
CREATE TABLE doc_series (kind smallint, year smallint, last int NOT NULL, PRIMARY KEY (kind, year));
CREATE TABLE doc_owner_series (owner text, kind smallint, last int NOT NULL, PRIMARY KEY (owner, kind));
