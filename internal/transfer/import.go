package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"aftersales/internal/followup"
)

// Keys of [Settings].
const (
	EpochKey = "epoch" // an integer; "" is 0
	MovedKey = "moved" // JSON of [Moved]; set: this store is closed
)

// importKey is where a store keeps what became of the import of a file.
func importKey(id string) string { return "import/" + id }

// Target is where an import goes.
type Target struct {
	Store    Store
	Settings Settings
	// Key is what [Header.Key] would be here.
	Key string
	// Enroll is told of the bodies that wait, at most a page of them: a form that
	// has a queue puts them there. Nil: the store's Waiting is enough.
	Enroll func(ctx context.Context, keys []followup.InboxKey) error
	// Raised is called when the epoch was raised, before anything that may be sent
	// is written: a form that is at work meanwhile waits until all of it knows. Nil:
	// nobody is.
	Raised func(ctx context.Context) error
	// Clear deletes all journeys and contacts, and lets no body wait; plans and
	// settings stay. It is called for [Options.Replace] only, and may be repeated.
	Clear func(ctx context.Context) error
	// Reopen takes the target into use when all is here. Nil: [Reopen].
	Reopen func(ctx context.Context) error
}

// Options of an import.
type Options struct {
	Now    time.Time
	Merge  bool // into a store that has something already
	Copy   bool // of a store that goes on
	DryRun bool // compare, write nothing
	// Replace lets a file take the place of what was moved away from here, if it
	// brings back what became of it. Anything else is refused.
	Replace bool
}

// Import reads a file twice: first to see that it is whole, then to write what
// the target does not have. Repeating it changes nothing, and one that died
// goes on where it stood. What is there already and differs is left as it is and
// reported; contacts are the exception, of which both sides' words are kept, so
// that no opt-out is lost. The target is closed until all is there: nobody may send from it meanwhile.
func Import(ctx context.Context, file io.ReadSeeker, to Target, o Options) (Report, error) {
	h, counts, err := Check(file)
	if err != nil {
		return Report{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return Report{}, fmt.Errorf("import state: %w", err)
	}
	i := &importing{ctx: ctx, h: h, to: to, o: o, report: Report{ID: h.ID, Form: h.Form, Exported: h.At, DryRun: o.DryRun, File: counts, Conflicts: []Conflict{}}}
	if err := i.all(ctx, file); err != nil {
		return i.report, fmt.Errorf("import state: %w", err)
	}
	return i.report, nil
}

type importing struct {
	ctx    context.Context // of one call of Import
	h      Header
	to     Target
	o      Options
	found  *Moved // the note that the target is closed; nil: it is in use
	run    string // names this run in the note
	mark   mark
	back   bool // what was moved away from here comes back with this file
	wrote  bool // something was deleted or written that may be sent
	report Report
	inbox  map[followup.InboxKey]string // of a dry run: hashes of the bodies here; nil: not read yet
}

func (i *importing) all(ctx context.Context, file io.Reader) error {
	done, err := i.admit()
	if err != nil || done {
		return err
	}
	f, err := open(file)
	if err != nil {
		return err
	}
	if i.back && i.o.DryRun {
		err = i.begin()
		i.report.takes(i.report.File)
		return err
	}
	if err := i.shut(); err != nil {
		return err
	}
	if err := i.write(f); err != nil {
		return errors.Join(err, i.undo(context.WithoutCancel(ctx)))
	}
	return nil
}

// write writes all of the file to a target that is closed.
func (i *importing) write(f *reader) error {
	if err := i.begin(); err != nil {
		return err
	}
	if i.back {
		if err := i.last(i.ctx); err != nil {
			return err
		}
		i.wrote = true
		if err := i.to.Clear(i.ctx); err != nil {
			return fmt.Errorf("delete what was moved away: %w", err)
		}
	}
	if err := i.lines(f); err != nil {
		return err
	}
	return i.end()
}

// end notes that all of the file is here, and only then takes the store into use:
// one that dies on the way is closed until the import is repeated.
func (i *importing) end() error {
	i.wrote = true
	if err := i.descend(); err != nil {
		return err
	}
	if err := i.last(i.ctx); err != nil {
		return err
	}
	i.mark.Done, i.mark.At = true, i.o.Now.UTC()
	if err := i.note(); err != nil || i.o.DryRun {
		return err
	}
	return i.to.reopen(i.ctx)
}

// begin raises the epoch above that of both sides before anything is written
// that could be sent, and notes that it did, so that it is raised once.
func (i *importing) begin() error {
	if i.mark.Epoch != 0 {
		return i.raise()
	}
	here, err := Epoch(i.ctx, i.to.Settings)
	if err != nil {
		return err
	}
	i.mark = mark{Epoch: max(here, i.h.Epoch) + 1, At: i.o.Now.UTC()}
	i.report.Epoch = i.mark.Epoch
	if err := i.note(); err != nil {
		return err
	}
	return i.raise()
}

// raise raises the epoch unless an earlier run did, which may have died before
// everybody knew.
func (i *importing) raise() error {
	here, err := Epoch(i.ctx, i.to.Settings)
	if err != nil || i.o.DryRun {
		return err
	}
	if here < i.mark.Epoch {
		if err := i.to.Settings.SetMeta(i.ctx, EpochKey, strconv.Itoa(i.mark.Epoch)); err != nil {
			return err
		}
	}
	if i.to.Raised == nil {
		return nil
	}
	return i.to.Raised(i.ctx)
}

func (i *importing) note() error {
	if i.o.DryRun {
		return nil
	}
	text, err := json.Marshal(i.mark)
	if err != nil {
		return err
	}
	return i.to.Settings.SetMeta(i.ctx, importKey(i.h.ID), string(text))
}

// Epoch returns the epoch of a store.
func Epoch(ctx context.Context, s Settings) (int, error) {
	text, err := s.Meta(ctx, EpochKey)
	if err != nil || text == "" {
		return 0, err
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("epoch %q of the store is not a number: %w", text, err)
	}
	return n, nil
}

// lines writes the rest of the file, a page of one kind at a time. Contacts come
// before the journeys that need them, as in every Save.
func (i *importing) lines(f *reader) error {
	var p pageOf
	for {
		l, err := f.next()
		if errors.Is(err, io.EOF) {
			return i.flush(&p)
		}
		if err != nil {
			return err
		}
		if p.full(l) {
			if err := i.flush(&p); err != nil {
				return err
			}
		}
		if l.Plan != nil {
			err = i.plan(l.Plan)
		}
		if err != nil {
			return err
		}
		p.add(l)
	}
}

// pageOf is a page of lines of one kind.
type pageOf struct {
	contacts []contactLine
	journeys []journeyLine
	bodies   []bodyLine
}

// full reports whether p has to be written before l.
func (p *pageOf) full(l *line) bool {
	return l.Contact == nil && len(p.contacts) > 0 || l.Journey == nil && len(p.journeys) > 0 || l.Body == nil && len(p.bodies) > 0 ||
		len(p.contacts)+len(p.journeys) >= page || len(p.bodies) >= bodiesPage
}

func (p *pageOf) add(l *line) {
	switch {
	case l.Contact != nil:
		p.contacts = append(p.contacts, *l.Contact)
	case l.Journey != nil:
		p.journeys = append(p.journeys, *l.Journey)
	case l.Body != nil:
		p.bodies = append(p.bodies, *l.Body)
	}
}

func (i *importing) flush(p *pageOf) error {
	defer func() { *p = pageOf{} }()
	i.wrote = i.wrote || len(p.contacts)+len(p.journeys)+len(p.bodies) > 0
	switch {
	case len(p.contacts) > 0:
		return i.contacts(p.contacts)
	case len(p.journeys) > 0:
		return i.journeys(p.journeys)
	case len(p.bodies) > 0:
		return i.bodies(p.bodies)
	}
	return nil
}
