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

-- What of a journey changes with every send: its follow-ups, in one value.
-- Journeys lie in the order of their arrival, because orders of one day are due
-- together.
CREATE TABLE journey (
  n         INTEGER PRIMARY KEY,
  id        TEXT    NOT NULL UNIQUE,
  v         INTEGER NOT NULL, -- of this record: grows by one whenever the rows change
  next      INTEGER, -- earliest next look of its follow-ups; at most that while one is armed
  armed     INTEGER, -- 1: one of them is armed
  attention INTEGER, -- bits of the other states that people look for, see rows.go
  rows      BLOB    NOT NULL -- see rows.go
);
CREATE INDEX journey_due ON journey (next, id) WHERE next IS NOT NULL;
CREATE INDEX journey_armed ON journey (armed) WHERE armed = 1;
CREATE INDEX journey_attention ON journey (id, attention) WHERE attention IS NOT NULL;

-- What of it changes only with its events.
CREATE TABLE head (
  n         INTEGER PRIMARY KEY, -- the journey's
  v         INTEGER NOT NULL, -- 0: there is only a log
  contact   TEXT,
  person    INTEGER, -- the contact's number, where it was known
  open_case INTEGER, -- 1 or null
  body      BLOB, -- a packed document, see doc.go
  log       BLOB -- events, impersonal, packed, see log.go
);
CREATE INDEX head_open ON head (n) WHERE open_case = 1;

-- The only table with personal data beside inbox and mail.
CREATE TABLE contact (
  n    INTEGER PRIMARY KEY,
  v    INTEGER NOT NULL,
  body BLOB    NOT NULL -- a packed document
);

-- Where a contact is, and next to it the journeys that reach it: those of its
-- past, too, so the head has the last word.
CREATE TABLE reach (
  contact TEXT NOT NULL,
  journey TEXT NOT NULL, -- '': the contact itself
  n       INTEGER, -- the contact's
  PRIMARY KEY (contact, journey)
) WITHOUT ROWID;

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
  body     BLOB    NOT NULL, -- a packed document
  UNIQUE (followup, attempt)
);
CREATE INDEX mail_at ON mail (at);

-- Settings of the store itself: epoch, calendar, ...
CREATE TABLE meta (
  k TEXT NOT NULL PRIMARY KEY,
  v TEXT NOT NULL
) WITHOUT ROWID;
