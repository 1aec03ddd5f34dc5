package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"aftersales/internal/local"
	"aftersales/internal/transfer"
)

// exportVerb writes all state into one file.
type exportVerb struct {
	State  string `placeholder:"FILE" help:"Write all state into this new file, and close the folder: it is moved."`
	Copy   bool   `help:"Leave the folder open: the file is a copy."`
	Reopen bool   `help:"Take a folder into use again whose export was never imported."`
	JSON   bool   `name:"json" help:"Print as JSON."`
}

// Run exports, or opens again.
func (v *exportVerb) Run(ctx context.Context, s *shell) (err error) {
	if (v.State == "") != v.Reopen || v.Reopen && v.Copy {
		return misused("say --state FILE, to move or (with --copy) to copy all that is here, or --reopen")
	}
	if s.Stack != "" {
		return v.stack(ctx, s)
	}
	app, err := s.openMoved(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	if v.Reopen {
		return v.reopen(ctx, s, app.Store, func(ctx context.Context) error { return transfer.Reopen(ctx, app.Store) })
	}
	show, wipe := s.counting(time.Now())
	done, err := app.ExportState(ctx, local.Export{
		File: v.State, ID: rand.Text(), Now: time.Now(), Program: programVersion(), Copy: v.Copy, Progress: show,
	})
	wipe()
	if err != nil {
		return err
	}
	if v.JSON {
		return s.json(done)
	}
	s.exported(&done)
	return nil
}

// reopen takes what was moved away into use again by open, and says so.
func (v *exportVerb) reopen(ctx context.Context, s *shell, set transfer.Settings, open func(context.Context) error) error {
	moved, err := transfer.ReadMoved(ctx, set)
	if err != nil {
		return err
	}
	if err := open(ctx); err != nil {
		return err
	}
	id := ""
	if moved != nil {
		id = moved.ID
	}
	if v.JSON {
		return s.json(struct {
			Reopened string `json:"reopened"`
		}{id})
	}
	if moved == nil {
		s.printf("It is in use; nothing to do.\n")
		return nil
	}
	s.printf("It is in use again. Do not import export %s any more: customers would hear from both.\n", id)
	return nil
}

// exported says what was written, and what to do with it.
func (s *shell) exported(d *local.Exported) {
	c := &d.Counts
	waiting := "" // a stack's inbox does not know which of its bodies were enrolled
	if d.Form == local.Form {
		waiting = fmt.Sprintf(" (%d wait to be read)", c.Waiting)
	}
	s.printf("%s: %s with %s, %s, %s, %s%s; %.1f MB.\n", d.File, count(c.Journeys, "order"), count(c.FollowUps, "follow-up"),
		count(c.Contacts, "customer"), count(c.Plans, "plan"), count(c.Bodies, "webhook"), waiting, float64(d.Bytes)/1e6)
	s.printf("It holds names, addresses and what customers wrote. Only you may read it (mode 0600); delete it once it is imported.\n")
	if d.Form == local.Form {
		s.keysOfFolder()
	} else {
		s.printf("The other side must know customers by the same key: write the secret %s into link.key of the new data folder (mode 0600),\n"+
			"and give it %s, and %s if it is set, in its environment, so that links go on working.\n", contactKey, linkKey, linkKeyOld)
	}
	if c.Armed > 0 {
		s.printf("%s being sent when the process ended: the other side asks a person instead of sending again.\n", was(c.Armed, "follow-up"))
	}
	switch {
	case d.Closed:
		s.printf("What it was taken from is closed: nothing is sent from there any more. If you do not move after all: aftersales export --reopen\n")
	case !d.Quiet:
		s.printf("It is a copy of what went on meanwhile: import it for a trial only.\n")
	default:
		s.printf("It is a copy: import it for a trial only, what it was taken from goes on.\n")
	}
}

// was writes "1 follow-up was", "2 follow-ups were".
func was(n int, noun string) string {
	if n == 1 {
		return count(n, noun) + " was"
	}
	return count(n, noun) + " were"
}

// importVerb takes all state out of a file.
type importVerb struct {
	State   string `required:"" placeholder:"FILE" help:"What aftersales export --state wrote."`
	DryRun  bool   `help:"Compare and count; write nothing."`
	Merge   bool   `xor:"into" help:"Into a folder that has orders already: what differs is told and left as it is."`
	Replace bool   `xor:"into" help:"Back to where it was moved away from: what is there still is deleted, the file takes its place."`
	Copy    bool   `help:"Take a copy although its folder goes on: for a trial, never for customers."`
	JSON    bool   `name:"json" help:"Print as JSON."`
}

// Run imports.
func (v *importVerb) Run(ctx context.Context, s *shell) (err error) {
	f, err := os.Open(v.State)
	if err != nil {
		return err
	}
	defer f.Close()
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if s.Stack != "" {
		return v.stack(ctx, s, f)
	}
	app, err := local.Open(ctx, local.Options{Config: cfg, Log: s.faults()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	to, unlock, err := app.Target()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	return v.into(ctx, s, f, to)
}

// into imports the file into a target and says what became of it.
func (v *importVerb) into(ctx context.Context, s *shell, f *os.File, to transfer.Target) error {
	file, wipe := s.reading(f, time.Now())
	report, err := transfer.Import(ctx, file, to, transfer.Options{Now: time.Now(), Merge: v.Merge, Copy: v.Copy, DryRun: v.DryRun, Replace: v.Replace})
	wipe()
	if err != nil {
		return advised(err)
	}
	if v.JSON {
		if err := s.json(report); err != nil {
			return err
		}
	} else {
		s.imported(&report)
	}
	if report.Journeys.Conflicts+report.Bodies.Conflicts > 0 {
		return errTold
	}
	return nil
}

// advised adds the next step to what may be mended.
func advised(err error) error {
	for cause, next := range map[error]string{
		transfer.ErrKey:      "copy link.key of the folder it comes from into this one first (on AWS it is the secret AFTERSALES_CONTACT_KEY), and keep the name of the business",
		transfer.ErrNotEmpty: "name a new folder with --data DIR, or say --merge",
		transfer.ErrReturns:  "say --replace: what is here still is deleted, and the file takes its place",
		transfer.ErrInUse: "close the side that should not be in use with `aftersales export --state FILE`, lest customers hear from both; " +
			"--merge adds what is missing here, and an empty place needs no --replace",
		transfer.ErrCopy: "say --copy if this is a trial",
		transfer.ErrCut:  "take a whole file: export again, or copy it again",
	} {
		if errors.Is(err, cause) {
			return fmt.Errorf("%w; %s", err, next)
		}
	}
	return err
}

func (s *shell) imported(r *transfer.Report) {
	if r.Before {
		s.printf("Export %s was imported here before; nothing was changed.\n", r.ID)
		return
	}
	verb := "Imported"
	if r.DryRun {
		verb = "Would import"
	}
	s.printf("%s %s with %s, %s, %s, %s.\n", verb, count(r.Journeys.New, "order"), count(r.FollowUps, "follow-up"),
		count(r.Contacts.New+r.Contacts.Merged, "customer"), count(r.Plans.New, "plan"), count(r.Bodies.New, "webhook"))
	if same := r.Journeys.Same + r.Contacts.Same; same > 0 {
		s.printf("Here already: %s, %s.\n", count(r.Journeys.Same, "order"), count(r.Contacts.Same, "customer"))
	}
	if open := r.File.Armed + r.File.Unknown; open > 0 {
		s.printf("Of %s nobody knows whether they went out; they are never sent again by themselves: aftersales parked list, or the console\n", count(open, "follow-up"))
	}
	if n := r.Journeys.Conflicts + r.Bodies.Conflicts; n > 0 {
		s.printf("%s left as they are here:\n", count(n, "conflict"))
		rows := table{indent: "  "}
		for _, c := range r.Conflicts {
			rows.words(c.Kind, c.ID, c.Why)
		}
		rows.write(s.out, s.painter(), nil)
	}
	if !r.DryRun {
		s.printf("Epoch %d: what was reserved before is not sent again. Point the webhooks here, then let it run.\n", r.Epoch)
	}
}

// counting shows on a terminal how much is written, and wipes it.
func (s *shell) counting(started time.Time) (show func(transfer.Counts), wipe func()) {
	f, ok := s.err.(*os.File)
	if !ok || !terminal(f) {
		return nil, func() {}
	}
	show = func(c transfer.Counts) {
		fmt.Fprintf(f, "\r  %s, %s, %s  %.1f s", count(c.Contacts, "customer"), count(c.Journeys, "order"), count(c.Bodies, "webhook"), time.Since(started).Seconds())
	}
	return show, func() { fmt.Fprint(f, wiped) }
}

// wiped clears a line of a terminal.
const wiped = "\r\x1b[K"

// reading draws a bar on a terminal while a file is read: it is read twice.
func (s *shell) reading(f *os.File, started time.Time) (file io.ReadSeeker, wipe func()) {
	out, ok := s.err.(*os.File)
	info, err := f.Stat()
	if !ok || !terminal(out) || err != nil {
		return f, func() {}
	}
	return &bar{File: f, out: out, total: 2 * max(info.Size(), 1), started: started}, func() { fmt.Fprint(out, wiped) }
}

// bar is a file whose reading is seen.
type bar struct {
	*os.File
	out         io.Writer
	read, total int64
	drawn       int64
	started     time.Time
}

// Read reads on and draws.
func (b *bar) Read(p []byte) (int, error) {
	const width = 40
	n, err := b.File.Read(p)
	b.read += int64(n)
	if now := min(width, b.read*width/b.total); now != b.drawn {
		b.drawn = now
		word := cmp.Or(map[bool]string{true: "checking "}[b.read*2 <= b.total], "importing")
		fmt.Fprintf(b.out, "\r  %s [%s%s] %.1f s", word, strings.Repeat("█", int(now)), strings.Repeat("░", int(width-now)), time.Since(b.started).Seconds())
	}
	return n, err
}
