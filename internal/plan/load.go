package plan

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"aftersales/internal/followup"
)

// Source is a plan file.
type Source struct {
	File string // its name in faults
	Src  []byte // YAML
}

// CatalogueFile is the name of the catalogue; in a folder of plans it is no plan.
const CatalogueFile = "products.yaml"

// Lint reads plan files in their order and reports every fault: those of each
// file, then those between files (a name given twice, a plan that no order can
// reach), and against stored, the plans in use, a changed content under an old
// number (rule 25).
func Lint(sources []Source, stored ...followup.PlanDoc) Faults {
	files, faults := lint(sources)
	for i := range files {
		if f := &files[i]; f.plan != nil {
			faults = append(faults, reused(f, stored)...)
		}
	}
	faults.sort()
	return faults
}

// LoadDir reads every *.yaml of a folder, in the order of file names, products.yaml
// excepted. The plans come with what the store keeps of each. Faults are those
// of [Lint]; where they have more than warnings, the plans at fault are missing.
func LoadDir(fsys fs.FS, dir string) ([]*followup.Plan, []followup.PlanDoc, Faults) {
	sources, faults := readDir(fsys, dir)
	if faults != nil {
		return nil, nil, faults
	}
	files, faults := lint(sources)
	var plans []*followup.Plan
	var docs []followup.PlanDoc
	for _, f := range files {
		if f.plan != nil {
			plans = append(plans, f.plan)
			docs = append(docs, Doc(f.plan, f.Src))
		}
	}
	return plans, docs, faults
}

// Doc is what the store keeps of a plan that was read from src.
func Doc(p *followup.Plan, src []byte) followup.PlanDoc {
	return followup.PlanDoc{Hash: p.Hash, Shop: p.Shop, Name: p.Name, Version: p.Version, Source: src}
}

func readDir(fsys fs.FS, dir string) ([]Source, Faults) {
	entries, err := fs.ReadDir(fsys, dir) // sorted by name
	if err != nil {
		return nil, Faults{{File: dir, Cause: "the folder of plans cannot be read: " + cause(err), Mend: "check its name and its permissions"}}
	}
	var sources []Source
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() || path.Ext(name) != ".yaml" || name == CatalogueFile || strings.HasPrefix(name, ".") {
			continue
		}
		file := path.Join(dir, name)
		src, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, Faults{{File: file, Cause: "the file cannot be read: " + cause(err), Mend: "check its permissions"}}
		}
		sources = append(sources, Source{File: file, Src: src})
	}
	if len(sources) == 0 {
		return nil, Faults{{File: dir, Cause: "no plan is here", Mend: "put one here, with a name that ends in .yaml"}}
	}
	return sources, nil
}

// cause is err without the path, which the fault names already.
func cause(err error) string {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

func lint(sources []Source) ([]parsed, Faults) {
	files := make([]parsed, len(sources))
	var faults Faults
	for i, s := range sources {
		files[i] = parseFile(s)
		faults = append(faults, files[i].faults...)
		faults = append(faults, between(files[:i], &files[i])...)
	}
	return files, faults
}

// between compares a file with those before it.
func between(earlier []parsed, f *parsed) Faults {
	r := &reader{file: f.File}
	name := val[string](f.root, "plan")
	named, reached := name == "", f.plan == nil
	for i := range earlier {
		e := &earlier[i]
		if !named && val[string](e.root, "plan") == name && sameShop(val[string](e.root, "shop"), val[string](f.root, "shop")) {
			r.fault(f.root.at("plan"), fmt.Sprintf("plan %s is there already, in %s", quote(name), e.File), "give it a name of its own, or keep one of the files")
			named = true
		}
		if !reached && e.plan != nil && hides(e.plan, f.plan) {
			r.fault(f.root.at("orders"), fmt.Sprintf("no order comes to this plan: %s, which is read before, takes them all", e.File),
				"rename the files so that the catch-all is last, or give it a when:")
			reached = true
		}
	}
	return r.done()
}

func sameShop(a, b string) bool { return a == b || a == "" || b == "" }

// hides reports whether every order that later matches is taken by earlier.
func hides(earlier, later *followup.Plan) bool {
	switch {
	case earlier.Shop != "" && earlier.Shop != later.Shop:
		return false
	case earlier.From.After(later.From):
		return false
	}
	return earlier.When == nil || later.When != nil && canonicalOf(earlier.When) == canonicalOf(later.When)
}

// reused reports a stored plan of the same name and number with other content.
func reused(f *parsed, stored []followup.PlanDoc) Faults {
	r := &reader{file: f.File}
	taken, latest := false, 0
	for _, d := range stored {
		if d.Name != f.plan.Name || d.Shop != f.plan.Shop {
			continue
		}
		latest = max(latest, d.Version)
		taken = taken || d.Version == f.plan.Version && d.Hash != f.plan.Hash
	}
	if taken {
		r.fault(f.root.at("version"), fmt.Sprintf("version %d of plan %s is in use with another content", f.plan.Version, quote(f.plan.Name)),
			fmt.Sprintf("write version: %d", cmp.Or(latest, f.plan.Version)+1))
	}
	return r.done()
}
