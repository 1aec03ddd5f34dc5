package transfer_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/transfer"
)

// sample is a store with something of every kind in it, and its file.
func sample(t testing.TB) (*memory.Store, []byte) {
	t.Helper()
	store := memory.New()
	here := newPlace(t, store, newPost(), 0, &names{})
	if _, err := here.live(t.Context(), crowd(3), at("2026-03-20T10:02")); err != nil {
		t.Fatal(err)
	}
	fill(t, store)
	return store, exported(t, store, 0)
}

func into(t testing.TB, file []byte, to transfer.Target, o transfer.Options) (transfer.Report, error) {
	t.Helper()
	if to.Key == "" {
		to.Key = "k"
	}
	return transfer.Import(t.Context(), bytes.NewReader(file), to, o)
}

// state is all of a store that can be seen.
func state(t testing.TB, s transfer.Store, set settings) string {
	t.Helper()
	bodies, _, err := s.Bodies(t.Context(), "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	docs, err := s.PlanDocs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all(t, s) + string(jsonOf(t, []any{people(t, s), bodies, docs, maps.Clone(set)}))
}

func TestTwiceChangesNothing(t *testing.T) {
	_, file := sample(t)
	to, set := memory.New(), settings{}
	first, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{Now: end})
	if err != nil || first.Journeys.New == 0 || first.Contacts.New == 0 || first.Plans.New != 2 || first.Bodies.New != 3 || first.Epoch != 1 {
		t.Fatalf("%+v, %v", first, err)
	}
	before := state(t, to, set)
	again, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{Now: end})
	if err != nil || !again.Before || again.Journeys != (transfer.Tally{}) {
		t.Errorf("%+v, %v", again, err)
	}
	if d := cmp.Diff(before, state(t, to, set)); d != "" {
		t.Error(d)
	}
}

func TestDryRunWritesNothing(t *testing.T) {
	_, file := sample(t)
	to, set := memory.New(), settings{}
	before := state(t, to, set)
	r, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{DryRun: true})
	if err != nil || r.Journeys.New != r.File.Journeys || r.Contacts.New != r.File.Contacts || r.Plans.New != 2 || r.Epoch != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if d := cmp.Diff(before, state(t, to, set)); d != "" {
		t.Error(d)
	}
}

// What a dry run counts is what the import then does: into an empty store, and into
// one that has one of the bodies already and another under the key of a second.
func TestADryRunCountsWhatTheImportDoes(t *testing.T) {
	from, file := sample(t)
	bodies, _, err := from.Bodies(t.Context(), "", 10)
	if err != nil || len(bodies) != 3 {
		t.Fatal(len(bodies), err)
	}
	for name, here := range map[string][]followup.Incoming{
		"empty": nil,
		"used":  {bodies[0].Incoming, {InboxKey: bodies[1].InboxKey, Topic: "x", Hash: "another", Body: []byte("{}"), At: end}},
	} {
		to := memory.New()
		if _, err := to.Accept(t.Context(), here); err != nil {
			t.Fatal(err)
		}
		target, options := transfer.Target{Store: to, Settings: settings{}}, transfer.Options{Now: end, Merge: true, DryRun: true}
		dry, err := into(t, file, target, options)
		if err != nil {
			t.Fatal(err)
		}
		options.DryRun = false
		done, err := into(t, file, target, options)
		if dry.DryRun = false; err != nil || !cmp.Equal(dry, done) || done.Bodies.New != 3-len(here) || done.Bodies.Conflicts+done.Bodies.Same != len(here) {
			t.Errorf("%s: %v %s", name, err, cmp.Diff(dry, done))
		}
	}
}

// dying is a target whose n-th write fails, done or not.
type dying struct {
	*memory.Store
	settings
	n    *int
	done bool
}

var errWrite = errors.New("the disk is gone")

func (d dying) write(do func() error) error {
	*d.n--
	switch {
	case *d.n == 0 && d.done:
		return errors.Join(do(), errWrite)
	case *d.n <= 0:
		return errWrite
	}
	return do()
}

func (d dying) Save(ctx context.Context, cs []followup.Change) (errs []error, err error) {
	err = d.write(func() (err error) { errs, err = d.Store.Save(ctx, cs); return err })
	return errs, err
}

func (d dying) SaveContacts(ctx context.Context, cs []followup.Contact) (errs []error, err error) {
	err = d.write(func() (err error) { errs, err = d.Store.SaveContacts(ctx, cs); return err })
	return errs, err
}

func (d dying) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	return d.write(func() error { return d.Store.SavePlan(ctx, p) })
}

func (d dying) Accept(ctx context.Context, in []followup.Incoming) (v []followup.Verdict, err error) {
	err = d.write(func() (err error) { v, err = d.Store.Accept(ctx, in); return err })
	return v, err
}

func (d dying) Done(ctx context.Context, keys []followup.InboxKey, reason string) error {
	return d.write(func() error { return d.Store.Done(ctx, keys, reason) })
}

func (d dying) SetMeta(ctx context.Context, key, value string) error {
	return d.write(func() error { return d.settings.SetMeta(ctx, key, value) })
}

// TestGoesOnAfterDeath kills an import at every write and begins it again: all
// is there, the epoch raised once and everybody told anew.
func TestGoesOnAfterDeath(t *testing.T) {
	_, file := sample(t)
	whole, set := memory.New(), settings{}
	if _, err := into(t, file, transfer.Target{Store: whole, Settings: set}, transfer.Options{Now: end}); err != nil {
		t.Fatal(err)
	}
	want := state(t, whole, set)
	for n := 1; ; n++ {
		var err error
		for _, done := range []bool{false, true} {
			left := n
			to := dying{memory.New(), settings{}, &left, done}
			if _, err = into(t, file, transfer.Target{Store: to, Settings: to}, transfer.Options{Now: end}); err != nil && !errors.Is(err, errWrite) {
				t.Fatal(err)
			}
			here := side{to.Store, to.settings}
			if open := transfer.Here(t.Context(), to.settings) == nil; !open {
				here.unfinished(t, n, "x1")
			} else if err != nil && to.settings["import/x1"] != "" && !strings.Contains(to.settings["import/x1"], `"done":true`) {
				t.Fatalf("died at write %d, done %v, and is open: %v", n, done, to.settings)
			}
			waited := 0
			raised := func(context.Context) error { waited++; return nil }
			again, err := into(t, file, transfer.Target{Store: to.Store, Settings: to.settings, Raised: raised}, transfer.Options{Now: end})
			if err != nil {
				t.Fatalf("again after a death at write %d: %v", n, err)
			}
			if waited != 1 && !again.Before { // whoever died may not have waited until everybody knew
				t.Fatalf("again after a death at write %d: waited %d times", n, waited)
			}
			if d := cmp.Diff(want, state(t, to.Store, to.settings)); d != "" {
				t.Fatalf("death at write %d, done %v:\n%s", n, done, d)
			}
		}
		if err == nil {
			if n < 8 {
				t.Errorf("only %d writes", n)
			}
			return
		}
	}
}

func TestRefused(t *testing.T) {
	store, file := sample(t)
	full := memory.New()
	if _, err := full.SaveContacts(t.Context(), []followup.Contact{{ID: "somebody"}}); err != nil {
		t.Fatal(err)
	}
	taken := memory.New()
	if err := taken.SavePlan(t.Context(), followup.PlanDoc{Hash: "other", Shop: "main", Name: "all", Version: 2}); err != nil {
		t.Fatal(err)
	}
	away := settings{}
	if err := transfer.Close(t.Context(), away, transfer.Moved{ID: "x0", At: end}); err != nil {
		t.Fatal(err)
	}
	var copied, newer bytes.Buffer
	if _, err := transfer.Export(t.Context(), &copied, store, transfer.Header{ID: "x2", Key: "k", Copy: true}, nil); err != nil {
		t.Fatal(err)
	}
	rewrite(t, &newer, file, func(s string) string { return strings.Replace(s, `"version":1`, `"version":2`, 1) })
	for name, c := range map[string]struct {
		file []byte
		to   transfer.Target
		want error
	}{
		"another key":           {file, transfer.Target{Key: "other"}, transfer.ErrKey},
		"not empty":             {file, transfer.Target{Store: full}, transfer.ErrNotEmpty},
		"plan number taken":     {file, transfer.Target{Store: taken}, followup.ErrVersionReused},
		"a copy":                {copied.Bytes(), transfer.Target{}, transfer.ErrCopy},
		"of a newer version":    {newer.Bytes(), transfer.Target{}, transfer.ErrNewer},
		"no gzip":               {[]byte("order,customer\n1001,anna\n"), transfer.Target{}, transfer.ErrForeign},
		"empty":                 {nil, transfer.Target{}, transfer.ErrCut},
		"followed by something": {append(slices.Clone(file), file...), transfer.Target{}, transfer.ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			if c.to.Store == nil {
				c.to.Store = memory.New()
			}
			c.to.Settings = settings{}
			before := all(t, c.to.Store)
			if _, err := into(t, c.file, c.to, transfer.Options{}); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if d := cmp.Diff(before, all(t, c.to.Store)); d != "" {
				t.Error(d)
			}
			if err := transfer.Here(t.Context(), c.to.Settings); err != nil {
				t.Errorf("what was refused closed it: %v", err)
			}
		})
	}
	var m *transfer.Moved
	if _, err := into(t, file, transfer.Target{Store: memory.New(), Settings: away}, transfer.Options{}); !errors.As(err, &m) || m.ID != "x0" {
		t.Errorf("into a store that was moved away itself: %v", err)
	}
	if err := transfer.Reopen(t.Context(), away); err != nil {
		t.Fatal(err)
	}
	if _, err := into(t, file, transfer.Target{Store: memory.New(), Settings: away}, transfer.Options{}); err != nil {
		t.Errorf("into a store that was opened again: %v", err)
	}
}

// rewrite changes the text inside a file.
func rewrite(t testing.TB, w io.Writer, file []byte, change func(string) string) {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	gz := gzip.NewWriter(w)
	if _, err := gz.Write([]byte(change(string(text)))); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestCutOrDamaged cuts the file in many places and flips bytes: nothing is
// imported, and a cut is called one.
func TestCutOrDamaged(t *testing.T) {
	_, file := sample(t)
	untouched := func(file []byte) error {
		to, set := memory.New(), settings{}
		_, err := into(t, file, transfer.Target{Store: to, Settings: set}, transfer.Options{})
		if ids, _, _ := to.ContactIDs(t.Context(), "", 1); len(ids)+len(set) > 0 {
			t.Errorf("something was imported: %v", err)
		}
		return err
	}
	for n := 0; n < len(file); n += 1 + len(file)/200 {
		if err := untouched(file[:n]); !errors.Is(err, transfer.ErrCut) {
			t.Errorf("cut to %d of %d bytes: %v", n, len(file), err)
		}
	}
	if err := untouched(file[:len(file)-1]); !errors.Is(err, transfer.ErrCut) {
		t.Errorf("one byte short: %v", err)
	}
	for n := 10; n < len(file); n += 1 + len(file)/200 { // the header of gzip has bytes that mean nothing
		bad := slices.Clone(file)
		bad[n] ^= 0x55
		if err := untouched(bad); err == nil {
			t.Errorf("byte %d of %d changed, and imported all the same", n, len(file))
		}
	}
	for name, change := range map[string]func(string) string{
		"a line is missing": func(s string) string {
			i := strings.Index(s, `{"contact"`)
			return s[:i] + s[i+strings.Index(s[i:], "\n")+1:]
		},
		"a name was changed":   func(s string) string { return strings.Replace(s, `"c1@example.com"`, `"c2@example.com"`, 1) },
		"a count was changed":  func(s string) string { return strings.Replace(s, `"plans":2`, `"plans":3`, 1) },
		"text behind the end":  func(s string) string { return s + "{}\n" },
		"a line that is none":  func(s string) string { return strings.Replace(s, `{"contact"`, `{"contact"x`, 1) },
		"the end is not there": func(s string) string { return s[:strings.Index(s, `{"end"`)] },
	} {
		var out bytes.Buffer
		rewrite(t, &out, file, change)
		if err := untouched(out.Bytes()); !errors.Is(err, transfer.ErrDamaged) && !errors.Is(err, transfer.ErrCut) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReplaysAreRecognised sends again what the other side had folded.
func TestReplaysAreRecognised(t *testing.T) {
	from, file := sample(t)
	to := memory.New()
	var told []followup.InboxKey
	raised := func(ctx context.Context) error { // nothing that may be sent is there yet
		ids, _, err := to.Find(ctx, followup.Query{All: true}, "", 1)
		if err != nil || len(ids) > 0 {
			t.Errorf("%v are there before everybody knows the epoch, %v", ids, err)
		}
		told = append(told, followup.InboxKey{Key: "raised"})
		return err
	}
	enroll := func(_ context.Context, keys []followup.InboxKey) error { told = append(told, keys...); return nil }
	if _, err := into(t, file, transfer.Target{Store: to, Settings: settings{}, Enroll: enroll, Raised: raised}, transfer.Options{}); err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0].Key != "raised" || told[1].Key != "waits" {
		t.Errorf("told to enroll %v", told)
	}
	waiting, _, err := to.Waiting(t.Context(), "", 10)
	if err != nil || len(waiting) != 1 || string(waiting[0].Body) != "{waits\xff}" {
		t.Errorf("waiting: %+v, %v", waiting, err)
	}
	bodies, _, err := from.Bodies(t.Context(), "", 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bodies {
		again, forged := b.Incoming, b.Incoming
		forged.Hash = "other"
		v, err := to.Accept(t.Context(), []followup.Incoming{again, forged})
		if err != nil || v[0] != followup.Seen || v[1] != followup.Different {
			t.Errorf("replay of %s: %v, %v", b.Key, v, err)
		}
	}
}

// TestNotQuiet takes nothing for granted of a store that went on while it was
// written: each open row with a reservation is unclear on the other side.
func TestNotQuiet(t *testing.T) {
	for _, quiet := range []bool{true, false} {
		from, p := memory.New(), newPost()
		here := newPlace(t, from, p, 0, &names{})
		if _, err := here.live(t.Context(), crowd(3), at("2026-03-20T09:01")); err != nil { // a minute after ten in Berlin
			t.Fatal(err)
		}
		var file bytes.Buffer
		h := transfer.Header{ID: "x3", Quiet: quiet, Key: "k"}
		if _, err := transfer.Export(t.Context(), &file, from, h, nil); err != nil {
			t.Fatal(err)
		}
		to := memory.New()
		r, err := into(t, file.Bytes(), transfer.Target{Store: to, Settings: settings{}}, transfer.Options{})
		if err != nil {
			t.Fatal(err)
		}
		there := newPlace(t, to, forgetful{p}, r.Epoch, &names{n: 5000})
		there.now = here.now
		if err := there.work(t.Context(), at("2026-03-21T12:00")); err != nil {
			t.Fatal(err)
		}
		parked, _, err := to.Find(t.Context(), followup.Query{State: followup.Parked}, "", 10)
		if err != nil || quiet == (len(parked) > 0) {
			t.Errorf("quiet %v: parked in %v, %v", quiet, parked, err)
		}
	}
}

func TestExportStopsWithItsContext(t *testing.T) {
	from, _ := sample(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := transfer.Export(ctx, io.Discard, from, transfer.Header{}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestProgress(t *testing.T) {
	from, _ := sample(t)
	var told []string
	n, err := transfer.Export(t.Context(), io.Discard, from, transfer.Header{}, func(c transfer.Counts) { told = append(told, fmt.Sprint(c)) })
	if err != nil || len(told) < 3 || told[len(told)-1] != fmt.Sprint(n) {
		t.Errorf("told %v of %v, %v", told, n, err)
	}
}
