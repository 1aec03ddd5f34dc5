package sqlite

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema to the version of this program: migration n of the
// folder, in one transaction each, takes it from version n-1 to n.
func migrate(c *conn) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	slices.Sort(names)
	have, err := c.one("PRAGMA user_version")
	if err != nil {
		return err
	}
	if int(have) > len(names) {
		return fmt.Errorf("%w: it has schema %d, this program knows up to %d; install the version that wrote it, or restore a backup from before",
			ErrNewer, have, len(names))
	}
	for n := int(have); n < len(names); n++ {
		if err := step(c, names[n], n+1); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", n+1, err)
		}
	}
	return nil
}

// step runs one migration unless another process has done so meanwhile.
func step(c *conn, name string, version int) (err error) {
	text, err := migrations.ReadFile(name)
	if err != nil {
		return err
	}
	if _, err := c.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, undo := c.exec("ROLLBACK")
			err = errors.Join(err, undo)
		}
	}()
	have, err := c.one("PRAGMA user_version")
	if err != nil {
		return err
	}
	if int(have) < version {
		if err := c.script(string(text)); err != nil {
			return err
		}
		if err := c.script("PRAGMA user_version = " + strconv.Itoa(version)); err != nil {
			return err
		}
	}
	_, err = c.exec("COMMIT")
	return err
}
