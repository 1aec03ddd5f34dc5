package main

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/plan"
	"aftersales/internal/setup"
	"aftersales/internal/simulate"
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
	l.faults = append(l.faults, simulate.Faults(setup.References(l.cfg, l.plans))...)
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
