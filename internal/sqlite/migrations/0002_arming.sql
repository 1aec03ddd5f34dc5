-- What was armed together and has not ended: the rows as armed and the contacts
-- with the sends counted, which journey and contact do not show yet. See arming.go.
CREATE TABLE arming (
  seq   INTEGER PRIMARY KEY, -- at random, never the same twice
  owner INTEGER NOT NULL, -- of the process, at random
  body  BLOB    NOT NULL
);
