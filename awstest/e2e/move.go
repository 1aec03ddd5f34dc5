package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/demo"
	"aftersales/internal/followup"
)

// moving is a demo that moves from a folder of this machine into the stack.
type moving struct {
	dir  string            // the folder
	was  map[string]string // its journeys
	done chan error        // of the import; nil until it begins
}

// moveIn lives a small demo in a folder and begins to import it by the program,
// whose functions take two minutes to know. `demo moved in` sees what became of it;
// until then the stack is closed.
func moveIn(ctx context.Context, s *stack) (string, error) {
	dir, err := os.MkdirTemp(filepath.Join(output("Root"), ".tools/run"), "moving-")
	if err != nil {
		return "", err
	}
	s.moving = &moving{dir: dir}
	shop, err := config.Load(shopFile(), os.LookupEnv)
	if err != nil {
		return "", err
	}
	shop.Shops[0].PublicURL = s.api
	w, err := demo.Run(ctx, demo.Options{
		Seed: 3, Orders: 25, PublicURL: s.api, RealNow: time.Now, Log: slog.New(slog.DiscardHandler),
		Open: func(ctx context.Context, start demo.Start) (demo.Form, error) {
			// All but the plans is the stack's, or orders are looked at anew there: names of customers, hours, zones.
			start.Config.Data, start.Config.Business, start.Config.Shops = dir, shop.Business, shop.Shops
			return demo.OpenEmbedded(ctx, start, time.Now)
		},
	})
	if err != nil {
		return "", err
	}
	s.moving.was, err = journeys(ctx, w.Form().Store())
	if err = errors.Join(err, w.Close()); err != nil {
		return "", err
	}
	key, err := os.ReadFile(filepath.Join(dir, "link.key"))
	if err != nil {
		return "", err
	}
	for _, name := range []string{"AFTERSALES_CONTACT_KEY", "AFTERSALES_LINK_KEY"} {
		if _, err := ask(ctx, string(key), "secrets", "set", name); err != nil {
			return "", err
		}
	}
	file := filepath.Join(dir, "in.gz")
	if got, err := tell(ctx, "", "export", "--state", file, "--data", dir); err != nil || got.code != 0 {
		return "", fmt.Errorf("export: %s %w", got.err, err)
	}
	if got, err := tell(ctx, "", "why", "1042", "--data", dir); err != nil || !strings.Contains(got.err, "moved away") {
		return "", fmt.Errorf("the folder is not closed: %s %w", got.err, err)
	}
	counted, err := read[struct{ Journeys struct{ New int } }](ctx, "import", "--state", file, "--dry-run")
	if err != nil || counted.Journeys.New != len(s.moving.was) {
		return "", fmt.Errorf("dry run: %+v, want %d journeys: %w", counted, len(s.moving.was), err)
	}
	if err := s.dies(ctx, file); err != nil {
		return "", err
	}
	s.moving.done = make(chan error, 1)
	go func() {
		_, err := ask(ctx, "", "import", "--state", file)
		s.moving.done <- err
	}()
	return fmt.Sprintf("%d orders of a demo: folder exported and closed, dry run, an import killed, another begun", len(s.moving.was)), nil
}

// dies kills an import when it has closed the stack and raised the epoch: it stays closed.
func (s *stack) dies(ctx context.Context, file string) error {
	cmd := program(ctx, "", "import", "--state", file, "--stack", output("Stack"))
	words, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(words).ReadString('\n')
	if !strings.Contains(line, "The stack is closed until all is there") {
		err = errors.Join(err, fmt.Errorf("import said %q", line))
	}
	_ = cmd.Process.Kill()
	_, _ = io.Copy(io.Discard, words) // until it is dead
	_ = cmd.Wait()                    // killed
	if err != nil {
		return err
	}
	if now, err := read[lanesOf](ctx, "stack", "status"); err != nil || now.Closed == "" || now.Import == "" {
		return fmt.Errorf("status of a stack whose import died: %+v %w", now, err)
	}
	if _, err := ask(ctx, "", "export", "--reopen"); err == nil || !strings.Contains(err.Error(), "aftersales import --state FILE") {
		return fmt.Errorf("a stack whose import died is opened: %w", err)
	}
	return nil
}

// movedIn waits for the import and compares what is there with what was here.
func movedIn(ctx context.Context, s *stack) (string, error) {
	if s.moving == nil || s.moving.done == nil {
		return "", errors.New("`demo moves in` was not taken, or failed")
	}
	select {
	case err := <-s.moving.done:
		if err != nil {
			return "", err
		}
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err := s.moving.compare(ctx, s.store); err != nil {
		return "", err
	}
	if out, err := ask(ctx, "", "import", "--state", filepath.Join(s.moving.dir, "in.gz")); err != nil || !strings.Contains(out, "was imported here before; nothing was changed") {
		return "", fmt.Errorf("again: %s %w", out, err)
	}
	out, err := ask(ctx, "", "why", "1042")
	if err != nil || !strings.Contains(out, "set-up") {
		return "", fmt.Errorf("why 1042: %s %w", out, err)
	}
	return fmt.Sprintf("%d journeys as they were; again changes nothing", len(s.moving.was)), nil
}

// copiedOut copies the stack into another folder while it goes on.
func copiedOut(ctx context.Context, s *stack) (string, error) {
	return "a copy beside the work, in a folder again", s.out(ctx, "copy", "--copy")
}

// movedOut moves the stack into another folder, and takes it into use again.
func movedOut(ctx context.Context, s *stack) (string, error) {
	if err := s.out(ctx, "moved"); err != nil {
		return "", err
	}
	body := shopify(number(51), time.Now())
	if status, err := s.post(ctx, "orders/create", "created-"+number(51), body, body); err != nil || status != http.StatusServiceUnavailable {
		return "", fmt.Errorf("a webhook at the closed stack: %d %w", status, err)
	}
	if now, err := read[lanesOf](ctx, "stack", "status"); err != nil || now.Closed == "" {
		return "", fmt.Errorf("status of the closed stack: %+v %w", now, err)
	}
	if _, err := ask(ctx, "", "export", "--reopen"); err != nil {
		return "", err
	}
	return "closed, 503 to webhooks, in a folder again; and taken into use again", s.buy(ctx, number(52), time.Now())
}

// out exports the stack and imports the file into a new folder.
func (s *stack) out(ctx context.Context, name string, how ...string) error {
	if s.moving == nil {
		return errors.New("`demo moves in` was not taken")
	}
	file, data := filepath.Join(s.moving.dir, name+".gz"), filepath.Join(s.moving.dir, name)
	if _, err := ask(ctx, "", append([]string{"export", "--state", file}, how...)...); err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(s.moving.dir, "link.key"))
	if err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(data, "link.key"), key, 0o600); err != nil {
		return err
	}
	if got, err := tell(ctx, "", append([]string{"import", "--state", file, "--data", data}, how...)...); err != nil || got.code != 0 {
		return fmt.Errorf("import: %s %w", got.err, err)
	}
	got, err := tell(ctx, "", "why", "1042", "--data", data)
	if err != nil || got.code != 0 {
		return fmt.Errorf("why 1042 in the folder: %s %w", got.err, err)
	}
	return nil
}

// compare fails unless all that was moved is in a store as it was.
func (m *moving) compare(ctx context.Context, store followup.Store) error {
	now, err := journeys(ctx, store)
	if err != nil {
		return err
	}
	pinned := 0
	for id, was := range m.was {
		switch {
		case !strings.Contains(was, `"Rows":`): // no plan holds it, so it takes what the stack's shop has
			continue
		case now[id] != was:
			return fmt.Errorf("journey %s was\n%s\nand is\n%s", id, was, now[id])
		}
		pinned++
	}
	if pinned < len(m.was)/2 { // else too few were compared to show anything
		return fmt.Errorf("%d of %d journeys with follow-ups only", pinned, len(m.was))
	}
	return nil
}

// journeys returns facts and rows of all journeys of a store, by id.
func journeys(ctx context.Context, store followup.Store) (map[string]string, error) {
	out := map[string]string{}
	for after := followup.Cursor(""); ; {
		ids, next, err := store.Find(ctx, followup.Query{All: true}, after, 100)
		if err != nil {
			return nil, err
		}
		js, err := store.Journeys(ctx, ids)
		if err != nil {
			return nil, err
		}
		for i := range js {
			for n := range js[i].Rows {
				js[i].Rows[n].Version = 0 // how often it was written
			}
			text, err := json.Marshal(struct {
				Head followup.Head
				Rows []followup.FollowUp `json:",omitempty"`
			}{js[i].Head, js[i].Rows})
			if err != nil {
				return nil, err
			}
			out[string(js[i].ID)] = string(text)
		}
		if after = next; next == "" {
			return out, nil
		}
	}
}
