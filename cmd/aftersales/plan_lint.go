package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/plan"
	"aftersales/internal/setup"
	"aftersales/internal/simulate"
	"aftersales/messages"
)

// lintVerb reports every fault of plans, catalogue and messages.
type lintVerb struct {
	Files []string `arg:"" optional:"" help:"Plan files, products.yaml, or folders of them; default is what the configuration names."`
	JSON  bool     `name:"json" help:"Print the faults as JSON."`
}

// Run reports the faults; warnings alone are no failure.
func (v *lintVerb) Run(ctx context.Context, s *shell) error {
	l := linter{}
	if s.configured() || len(v.Files) == 0 {
		cfg, err := s.config()
		if err != nil {
			return err
		}
		l.cfg = cfg
		if err := s.deployable(); err != nil {
			return err
		}
	}
	if err := l.gather(v.Files); err != nil {
		return err
	}
	stored, err := s.storedPlans(ctx, l.cfg)
	if err != nil {
		return err
	}
	l.lint(stored)
	if v.JSON {
		if err := s.json(append([]simulate.Fault{}, l.faults...)); err != nil {
			return err
		}
	} else {
		l.print(s)
	}
	if slices.ContainsFunc(l.faults, func(f simulate.Fault) bool { return !f.Warning }) {
		return errTold
	}
	return nil
}

// deployable holds the configuration against what a stack asks of it, when one is named.
func (s *shell) deployable() error {
	if s.Stack == "" {
		return nil
	}
	_, err := config.LoadShop(s.file(), "https://address.invalid")
	return err
}

// linter collects faults of files.
type linter struct {
	cfg      *config.Config // nil: none is here
	plans    []plan.Source
	products []plan.Source
	faults   []simulate.Fault
}

// gather reads the files that were named, else those of the configuration.
func (l *linter) gather(names []string) error {
	if len(names) == 0 {
		names = []string{l.cfg.Plans}
		if l.cfg.Products != "" {
			names = append(names, l.cfg.Products)
		}
	}
	for _, name := range names {
		if err := l.file(name); err != nil {
			return err
		}
	}
	slices.SortStableFunc(l.plans, func(a, b plan.Source) int { return cmp.Compare(filepath.Base(a.File), filepath.Base(b.File)) })
	return nil
}

func (l *linter) file(name string) error {
	info, err := stat(name)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return l.folder(name)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	l.add(plan.Source{File: name, Src: src})
	return nil
}

func (l *linter) add(s plan.Source) {
	list := &l.plans
	if filepath.Base(s.File) == plan.CatalogueFile || l.cfg != nil && filepath.Clean(s.File) == filepath.Clean(l.cfg.Products) {
		list = &l.products
	}
	*list = append(*list, s)
}

// folder adds every *.yaml of a folder.
func (l *linter) folder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || filepath.Ext(name) != ".yaml" || strings.HasPrefix(name, ".") {
			continue
		}
		if err := l.file(filepath.Join(dir, name)); err != nil {
			return err
		}
		found = true
	}
	if !found {
		l.faults = append(l.faults, simulate.Fault{File: dir, Cause: "no plan is here", Mend: "put one here, with a name that ends in .yaml"})
	}
	return nil
}

// lint reads everything and sorts the faults as people mend them.
func (l *linter) lint(stored []followup.PlanDoc) {
	l.faults = append(l.faults, simulate.Faults(plan.Lint(l.plans, stored...))...)
	for _, s := range l.products {
		_, faults := plan.ParseCatalogue(s.File, s.Src)
		l.faults = append(l.faults, simulate.Faults(faults)...)
	}
	l.lintMessages()
	slices.SortStableFunc(l.faults, func(a, b simulate.Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// storedPlans are what orders may follow already: of the stack that is named, else
// of the configuration's data folder. Their versions cannot be used again.
func (s *shell) storedPlans(ctx context.Context, cfg *config.Config) ([]followup.PlanDoc, error) {
	switch {
	case s.Stack != "":
		stack, err := s.stack(ctx)
		if err != nil {
			return nil, err
		}
		return stack.Table.PlanDocs(ctx)
	case cfg != nil:
		return local.StoredPlans(ctx, cfg.Data)
	}
	return nil, nil
}

// lintMessages reads the messages and holds each step against the one it names.
func (l *linter) lintMessages() {
	var own fs.FS
	if l.cfg != nil && l.cfg.Messages != "" {
		own = os.DirFS(l.cfg.Messages)
	}
	c, faults := compose.Lint(compose.Options{Messages: own, Defaults: messages.Files(), Links: noLinks{}})
	broken := map[string]bool{} // messages whose own faults come first
	for _, f := range faults {
		broken[path.Dir(f.File)] = true
		l.faults = append(l.faults, l.messageFault(f))
	}
	for _, f := range c.Unspoken() {
		warning := l.messageFault(f)
		warning.Warning = true
		l.faults = append(l.faults, warning)
	}
	for _, src := range l.plans {
		if p := plan.Outline(src); p != nil {
			l.lintShop(src, p)
			for i := range p.Steps {
				if s := &p.Steps[i]; s.Message != "" && !broken[s.Message] {
					l.lintStep(c, src, s)
				}
			}
		}
	}
}

func (l *linter) messageFault(f compose.Fault) simulate.Fault {
	return simulate.Fault{File: l.messageFile(f.File), Line: f.Line, Column: f.Column, Cause: f.What, Mend: f.Mend}
}

// lintShop checks that the shop of a plan for one shop is there: a plan for
// another one is for no order at all.
func (l *linter) lintShop(src plan.Source, p *followup.Plan) {
	if l.cfg == nil {
		return
	}
	if cause, mend := setup.Stranger(l.cfg, p); cause != "" {
		f := simulate.Fault{File: src.File, Path: "shop", Cause: cause, Mend: mend}
		f.Line, f.Column = valueAt(src.Src, "shop", string(p.Shop))
		l.faults = append(l.faults, f)
	}
}

// noLinks stand for the addresses in messages that are only read.
type noLinks struct{}

func (noLinks) Answer(followup.Letter) string      { return "" }
func (noLinks) Unsubscribe(followup.Letter) string { return "" }

// messageFile names a file of messages as it can be opened.
func (l *linter) messageFile(name string) string {
	if l.cfg == nil || l.cfg.Messages == "" {
		return name
	}
	return filepath.Join(l.cfg.Messages, filepath.FromSlash(name))
}

func (l *linter) lintStep(c *compose.Composer, src plan.Source, s *followup.Step) {
	err := c.Check(*s)
	if err == nil {
		return
	}
	f := simulate.Fault{File: src.File, Path: "steps[" + s.ID + "].message", Cause: err.Error(), Mend: "name a message that fits the step"}
	if what, ok := errors.AsType[compose.Fault](err); ok {
		f.Cause, f.Mend = "message "+s.Message+" ("+what.File+"): "+what.What, what.Mend
	} else if !c.Has(s.Message) {
		f.Cause, f.Mend = "there is no message "+s.Message, "write messages/"+s.Message+"/en.md, or use one of "+strings.Join(c.Names(), ", ")
		if f.Warning = l.cfg == nil; f.Warning { // perhaps it is the shop's own
			f.Mend += "; the shop's own are known with --config FILE"
		}
	}
	f.Line, f.Column = messageAt(src.Src, s)
	l.faults = append(l.faults, f)
}

// valueAt finds where a plan says key: want at its top; 0, 0 when it is written
// in a way that cannot be found.
func valueAt(src []byte, key, want string) (line, column int) {
	for i, text := range strings.Split(string(src), "\n") {
		if at := value(text, key, want); at >= 0 && strings.HasPrefix(text, key) {
			return i + 1, len([]rune(text[:at])) + 1
		}
	}
	return 0, 0
}

// messageAt finds where a step names its message: the first such value behind
// the step's id. 0, 0 when it is written in a way that cannot be found.
func messageAt(src []byte, s *followup.Step) (line, column int) {
	seen := false
	for i, text := range strings.Split(string(src), "\n") {
		text, _, _ = strings.Cut(text, " #")
		seen = seen || value(text, "id", s.ID) >= 0
		if at := value(text, "message", s.Message); seen && at >= 0 {
			return i + 1, len([]rune(text[:at])) + 1
		}
	}
	return 0, 0
}

// value returns where in line the value of key stands, if it is want; else -1.
func value(line, key, want string) int {
	_, after, found := strings.Cut(line, key+":")
	rest := strings.TrimLeft(after, " \"'")
	if !found || !strings.HasPrefix(rest, want) {
		return -1
	}
	if end := rest[len(want):]; end != "" && !strings.ContainsAny(end[:1], " \"',}\r") {
		return -1
	}
	return len(line) - len(rest)
}

// print writes one fault a line, and at the end how many there are.
func (l *linter) print(s *shell) {
	p, wrong, odd := s.painter(), 0, 0
	for _, f := range l.faults {
		st := red
		if f.Warning {
			st = yellow
			odd++
		} else {
			wrong++
		}
		place, rest, _ := strings.Cut(f.String(), ": ")
		s.printf("%s: %s\n", p.paint(st, place), rest)
	}
	if len(l.faults) == 0 {
		s.printf("%s: no faults\n", count(len(l.plans), "plan"))
		return
	}
	s.printf("%s, %s\n", count(wrong, "fault"), count(odd, "warning"))
}
