-- Times are Unix milliseconds UTC unless a comment says otherwise.

-- Bodies as they were received, and whether somebody has dealt with them.
CREATE TABLE inbox (
  seq    INTEGER PRIMARY KEY, -- order of arrival
  k      TEXT    NOT NULL UNIQUE, -- shop, source and event key, one a line
  topic  TEXT    NOT NULL,
  hash   TEXT    NOT NULL,
  body   BLOB    NOT NULL, -- first byte: 0 as it came, 1 deflated
  at     INTEGER NOT NULL, -- Unix nanoseconds
  done   INTEGER, -- 1: dealt with
  reason TEXT
);
CREATE INDEX inbox_waiting ON inbox (seq) WHERE done IS NULL;
CREATE INDEX inbox_at ON inbox (at);

-- Heads of journeys. A rowid table, because heads are too long for the leaves
-- of any other kind.
CREATE TABLE journey (
  id        TEXT    NOT NULL PRIMARY KEY,
  v         INTEGER NOT NULL,
  contact   TEXT,
  open_case INTEGER, -- 1 or null
  body      BLOB    NOT NULL -- a packed document, see doc.go
);
CREATE INDEX journey_contact ON journey (contact, id) WHERE contact IS NOT NULL;
CREATE INDEX journey_open ON journey (id) WHERE open_case = 1;

-- Follow-ups, clustered by journey because ids begin with it.
CREATE TABLE followup (
  id      TEXT    NOT NULL PRIMARY KEY,
  v       INTEGER NOT NULL,
  state   INTEGER NOT NULL, -- code of the state, see row.go
  next    INTEGER, -- next look
  attempt TEXT,
  body    BLOB    NOT NULL -- the rest, packed
) WITHOUT ROWID;
CREATE INDEX followup_due ON followup (next, id) WHERE next IS NOT NULL;
CREATE INDEX followup_attention ON followup (state, id) WHERE state IN (2, 3, 4, 5, 6, 11);

-- What happened, impersonal.
CREATE TABLE event (
  journey TEXT    NOT NULL,
  sec     INTEGER NOT NULL, -- Unix seconds, any year
  nano    INTEGER NOT NULL,
  source  TEXT    NOT NULL,
  id      TEXT    NOT NULL,
  body    BLOB    NOT NULL
);
CREATE INDEX event_journey ON event (journey);

-- The only table with personal data beside inbox and mail.
CREATE TABLE contact (
  id   TEXT    NOT NULL PRIMARY KEY,
  v    INTEGER NOT NULL,
  body BLOB    NOT NULL
);

CREATE TABLE plan (
  hash    TEXT    NOT NULL PRIMARY KEY,
  shop    TEXT    NOT NULL,
  name    TEXT    NOT NULL,
  version INTEGER NOT NULL,
  source  BLOB    NOT NULL,
  UNIQUE (shop, name, version)
);

-- The built-in mailbox.
CREATE TABLE mail (
  seq      INTEGER PRIMARY KEY,
  followup TEXT    NOT NULL,
  attempt  TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  body     BLOB    NOT NULL, -- JSON, packed
  UNIQUE (followup, attempt)
);
CREATE INDEX mail_at ON mail (at);

-- Settings of the store itself: epoch, calendar, ...
CREATE TABLE meta (
  k TEXT NOT NULL PRIMARY KEY,
  v TEXT NOT NULL
) WITHOUT ROWID;
