package demotest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aftersales/internal/cloud/virtual"
	"aftersales/internal/demo"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/transfer"
)

// Move is when a demo moves, and where: at There from the single binary into
// tables, which are empty, at Back from there into another folder, and at Again
// into the same tables.
type Move struct {
	API                dynamo.API
	Tables             dynamo.Tables
	There, Back, Again time.Time
}

// Moved fails unless a demo that moves on its way ends as the one that stays: the
// same journeys, contacts and mails, nothing twice. Each move is made by a file,
// there while a webhook waits to be read, back while follow-ups are due. Its import
// dies on the way before it succeeds, and is made once more.
func Moved(t *testing.T, o demo.Options, m Move) {
	t.Helper()
	o.RealNow, o.PublicURL = time.Now, "https://nordlight.example"
	want := live(t, o)
	moving := &mover{t: t, move: m}
	o.Open = moving.open
	got := live(t, o)
	if moving.made != 3 {
		t.Fatalf("%d moves were made, want there, back and there again", moving.made)
	}
	differ(t, here(t, want), here(t, got))
}

// here takes out of contacts what says which store a reservation was made in.
func here(t *testing.T, lines []string) []string {
	t.Helper()
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = l
		if kind, said, _ := strings.Cut(l, " "); kind == "contact" {
			var c followup.Contact
			if err := json.Unmarshal([]byte(said), &c); err != nil {
				t.Fatal(err)
			}
			for n := range c.Sends {
				c.Sends[n].Epoch, c.Sends[n].Away = 0, false
			}
			out[i] = "contact " + text(t, c)
		}
	}
	return out
}

// mover is the form that the demo lives in at the moment.
type mover struct {
	demo.Form
	t      *testing.T
	move   Move
	start  demo.Start
	app    *local.App          // before There
	stack  *virtual.Deployment // after it
	posted bool                // a body was just taken
	made   int
	// replace says that what is in the tables may go.
	replace bool
}

func (m *mover) open(ctx context.Context, s demo.Start) (demo.Form, error) {
	e, err := demo.OpenEmbedded(ctx, s, time.Now)
	if err != nil {
		return nil, err
	}
	m.start, m.Form, m.app = s, e, e.App
	return m, nil
}

// Post takes a body.
func (m *mover) Post(ctx context.Context, in followup.Incoming) (followup.Verdict, error) {
	m.posted = true
	return m.Form.Post(ctx, in)
}

// Drain moves first, when it is time.
func (m *mover) Drain(ctx context.Context) (engine.Tally, error) {
	posted := m.posted
	m.posted = false
	due, _, err := m.NextLook(ctx)
	switch {
	case err != nil:
	case m.made == 0 && posted && m.Now().After(m.move.There):
		err = m.there(ctx)
	case m.made == 1 && !posted && m.Now().After(m.move.Back) && due.Equal(m.Now()):
		err = m.back(ctx)
	case m.made == 2 && posted && m.Now().After(m.move.Again):
		err = m.again(ctx)
	}
	if err != nil {
		return engine.Tally{}, fmt.Errorf("move %d: %w", m.made+1, err)
	}
	return m.Form.Drain(ctx)
}

// there moves from the folder into the tables.
func (m *mover) there(ctx context.Context) error {
	file := filepath.Join(m.t.TempDir(), "there")
	done, err := m.app.ExportState(ctx, local.Export{File: file, ID: "there", Now: m.Now()})
	if err != nil {
		return err
	}
	if done.Counts.Waiting == 0 || !done.Closed {
		return fmt.Errorf("want a waiting webhook and a closed folder: %+v", done)
	}
	if _, moved := errors.AsType[*transfer.Moved](m.app.Here(ctx)); !moved {
		return errors.New("the folder is not closed")
	}
	return m.takeover(ctx, file)
}

// takeover goes on with a file in the tables, after two processes that died on it.
func (m *mover) takeover(ctx context.Context, file string) error {
	for _, after := range []int{60, 300} {
		if _, _, err := m.into(ctx, &dynamotest.Mortal{API: m.move.API, After: after, Into: after > 60}, file); !errors.Is(err, dynamotest.ErrDead) {
			return fmt.Errorf("a process that dies after %d writes said %q", after, fmt.Sprint(err))
		}
	}
	d, to, err := m.into(ctx, m.move.API, file)
	if err == nil {
		err = m.twice(ctx, file, to)
	}
	if err != nil {
		return err
	}
	old := m.Form
	m.Form, m.stack, m.made = d, d, m.made+1
	return old.Close()
}

// again moves into the tables that were moved away, where all is as it was then.
func (m *mover) again(ctx context.Context) error {
	file := filepath.Join(m.t.TempDir(), "again")
	if _, err := m.app.ExportState(ctx, local.Export{File: file, ID: "again", Now: m.Now()}); err != nil {
		return err
	}
	m.replace = false
	if _, _, err := m.into(ctx, m.move.API, file); !errors.Is(err, transfer.ErrReturns) {
		return fmt.Errorf("what is there was replaced without a word: %w", err)
	}
	m.replace = true
	return m.takeover(ctx, file)
}

// into opens the functions on the tables and imports a file.
func (m *mover) into(ctx context.Context, api dynamo.API, file string) (*virtual.Deployment, transfer.Target, error) {
	var d *virtual.Deployment
	at := m.Now()
	now := func() time.Time {
		if d == nil {
			return at
		}
		return d.Now()
	}
	s := m.start
	opened, err := virtual.Open(ctx, virtual.Options{
		Config: s.Config, Inputs: s.Inputs, Key: s.Key, Begin: at, NewID: s.NewID, Sent: s.Sent, Log: s.Log, Twice: 0.2, Seed: 1,
		Store: dynamo.New(api, m.move.Tables, dynamo.Config{Shops: []followup.ShopID{"main"}, Clock: now}),
	})
	if err != nil {
		return nil, transfer.Target{}, err
	}
	d = opened
	to, err := d.Target(ctx)
	if err != nil {
		return nil, to, err
	}
	return d, to, m.take(ctx, file, to)
}

// back moves from the tables into a new folder.
func (m *mover) back(ctx context.Context) error {
	from, err := m.stack.Target(ctx)
	if err != nil {
		return err
	}
	if err := transfer.Close(ctx, from.Settings, transfer.Moved{ID: "back", At: m.Now()}); err != nil {
		return err
	}
	epoch, err := transfer.Epoch(ctx, from.Settings)
	if err != nil {
		return err
	}
	file := filepath.Join(m.t.TempDir(), "back")
	lineage, err := transfer.Lineage(ctx, from.Settings)
	if err != nil {
		return err
	}
	h := transfer.Header{ID: "back", At: m.Now(), Form: "aws", Epoch: epoch, Quiet: true, Key: from.Key, Lineage: lineage}
	if _, _, err := transfer.ToFile(ctx, file, from.Store, h, nil); err != nil {
		return err
	}
	s, cfg := m.start, *m.start.Config
	cfg.Data, s.Begin, s.Config = filepath.Join(m.t.TempDir(), "data"), m.Now(), &cfg
	if err := os.Mkdir(cfg.Data, 0o700); err != nil {
		return err
	}
	if err := m.dies(ctx, s, file); err != nil {
		return err
	}
	if err := m.imported(ctx, s, file); err != nil {
		return err
	}
	e, err := demo.OpenEmbedded(ctx, s, time.Now) // as `serve` does after the import: with its epoch
	if err != nil {
		return err
	}
	m.Form, m.app, m.made = e, e.App, 2
	return nil
}

// imported imports a file into a folder that nobody serves, twice.
func (m *mover) imported(ctx context.Context, s demo.Start, file string) error {
	return into(ctx, s, func(to transfer.Target) error {
		if err := m.take(ctx, file, to); err != nil {
			return err
		}
		return m.twice(ctx, file, to)
	})
}

// dies imports a file into a folder by a process that dies.
func (m *mover) dies(ctx context.Context, s demo.Start, file string) error {
	return into(ctx, s, func(to transfer.Target) error {
		to.Store = mortal{to.Store}
		if err := m.take(ctx, file, to); !errors.Is(err, dynamotest.ErrDead) {
			return fmt.Errorf("a process that dies in it said %q", fmt.Sprint(err))
		}
		return nil
	})
}

// into opens a folder that nobody serves for an import, and closes it.
func into(ctx context.Context, s demo.Start, do func(transfer.Target) error) (err error) {
	e, err := demo.OpenEmbedded(ctx, s, time.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	to, unlock, err := e.App.Target()
	if err != nil {
		return err
	}
	return errors.Join(do(to), unlock())
}

// mortal is a store of a process that dies in a page of journeys.
type mortal struct{ transfer.Store }

// Save saves a half.
func (m mortal) Save(ctx context.Context, cs []followup.Change) ([]error, error) {
	_, err := m.Store.Save(ctx, cs[:len(cs)/2])
	return nil, errors.Join(err, dynamotest.ErrDead)
}

// take imports a file; everything in it has to be there then.
func (m *mover) take(ctx context.Context, file string, to transfer.Target) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := transfer.Import(ctx, f, to, transfer.Options{Now: m.Now(), Replace: m.replace})
	if err != nil {
		return err
	}
	if j := r.Journeys; j.Conflicts+r.Bodies.Conflicts > 0 || j.New+j.Same != r.File.Journeys || r.File.Armed+r.File.Unknown > 0 || r.File.Plans == 0 || r.Before {
		return fmt.Errorf("%+v", r)
	}
	return nil
}

// twice imports a file that is here.
func (m *mover) twice(ctx context.Context, file string, to transfer.Target) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r, err := transfer.Import(ctx, f, to, transfer.Options{Now: m.Now(), Replace: m.replace})
	if err == nil && (!r.Before || r.Journeys.New+r.Bodies.New+r.Contacts.New+r.Contacts.Merged > 0) {
		err = fmt.Errorf("imported again: %+v", r)
	}
	return err
}
