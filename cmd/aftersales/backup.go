package main

import (
	"context"
	"errors"
)

// backupVerb copies a data folder that may be serving.
type backupVerb struct {
	Folder string `arg:"" help:"Where to: a folder that is new, or holds no backup yet."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

// backedUp is what a backup is.
type backedUp struct {
	Folder string `json:"folder"`
	Bytes  int64  `json:"bytes"` // of the database
}

// Run makes the copy.
func (v *backupVerb) Run(ctx context.Context, s *shell) (err error) {
	if s.Stack != "" {
		return misused("the tables of a stack have point-in-time recovery; backup is for a data folder")
	}
	app, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	size, err := app.Backup(ctx, v.Folder)
	if err != nil {
		return err
	}
	if v.JSON {
		return s.json(backedUp{v.Folder, size})
	}
	s.printf("%s: the data folder as of now, %.1f MB, with its key. It holds names, addresses and what customers wrote.\n"+
		"To restore: stop serve, put both files into an empty data folder, start.\n", v.Folder, float64(size)/1e6)
	return nil
}
