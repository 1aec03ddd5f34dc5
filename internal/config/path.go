package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"aftersales/internal/civil"
	"aftersales/internal/world"
)

// data reads the folder of the data; serve makes it when it is not there.
func (l *loader) data(f fields) string {
	path := l.join(optional(f, "data", "data", filePath))
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		l.fault(f.get("data"), path, "a folder", "data")
	}
	return path
}

// path reads a path that must be there, as a folder or as a file.
func (l *loader) path(f fields, key, def string, folder bool) string {
	path := l.join(optional(f, key, def, filePath))
	want := "a readable file"
	if folder {
		want = "a readable folder"
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		l.add(Fault{Name: key, Line: f.get(key).at.line, Column: f.get(key).at.column, Cause: cause(err), Value: path, Want: want, Example: def})
	case info.IsDir() != folder:
		l.fault(f.get(key), path, want, def)
	}
	return path
}

// optionalPath is path, but "" when the key is absent and the default is not there.
func (l *loader) optionalPath(f fields, key, def string, folder bool) string {
	if absent(f.get(key).ast) {
		if _, err := os.Stat(l.join(def)); errors.Is(err, fs.ErrNotExist) {
			return ""
		}
	}
	return l.path(f, key, def, folder)
}

func (l *loader) join(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(l.dir, path)
}

// cause tells why a file could not be read, without its name.
func cause(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "not found"
	case errors.Is(err, fs.ErrPermission):
		return "not readable"
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err.Error()
	}
	return err.Error()
}

// holidays reads one file per country, each a list of dates.
func (l *loader) holidays(n node) map[string]map[civil.Date]bool {
	all := map[string]map[civil.Date]bool{}
	if absent(n.ast) {
		return all
	}
	for code, file := range l.entries(n) {
		if !world.Known(code) {
			l.fault(file, code, countryCode.want, "holidays: {DE: holidays/de.yaml}")
			continue
		}
		if path, ok := scalar(l.reader, file, filePath); ok {
			country, _ := countryCode.parse(code)
			all[country] = l.dates(file, l.join(path))
		}
	}
	return all
}

// dates reads one file of holidays; its faults carry its own name.
func (l *loader) dates(n node, path string) map[civil.Date]bool {
	body, err := os.ReadFile(path)
	if err != nil {
		l.add(Fault{Name: n.path, Line: n.at.line, Column: n.at.column, Cause: cause(err), Value: path, Want: "a readable file of dates", Example: "holidays/de.yaml"})
		return nil
	}
	r := &reader{file: path, faults: l.faults}
	root, ok := r.parse(body)
	if !ok {
		return nil
	}
	root.path = n.path
	days := map[civil.Date]bool{}
	for _, item := range r.items(root, "- 2026-12-25") {
		if d, ok := scalar(r, item, isoDate); ok {
			days[d] = true
		}
	}
	return days
}
