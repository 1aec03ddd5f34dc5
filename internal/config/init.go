package config

import (
	"crypto/rand"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed starter
var starter embed.FS

// Start is what a new folder begins with.
type Start struct {
	Plans    fs.FS  // its .yaml files go to plans/
	Messages fs.FS  // its NAME/LANGUAGE.md files go to messages/
	Business string // see [Config]; "" takes a random one, so that nobody can guess customers' ids
	Force    bool   // overwrites files of the same name
}

// Started is what [Init] made.
type Started struct {
	Files []string // as they can be opened, sorted
	Next  []string // what to do now, a line each
}

// Init writes a configuration with its plans, messages and catalogue into dir,
// which it makes when it is not there. Each file is there whole or not at all.
// Unless told to overwrite, it writes nothing when one of the files exists, and
// the error, which is [fs.ErrExist], names all that do.
func Init(dir string, s Start) (Started, error) {
	files, err := s.files()
	if err == nil {
		err = write(dir, files, s.Force)
	}
	if err != nil {
		return Started{}, fmt.Errorf("init %s: %w", dir, err)
	}
	done := Started{Next: next(dir)}
	for _, f := range files {
		done.Files = append(done.Files, filepath.Join(dir, filepath.FromSlash(f.name)))
	}
	return done, nil
}

// seed is one file to write; its name has slashes.
type seed struct {
	name string
	body []byte
}

// files gathers all that is written, by name.
func (s Start) files() ([]seed, error) {
	if s.Business == "" {
		s.Business = "shop-" + strings.ToLower(rand.Text())
	}
	if _, ok := businessName.parse(s.Business); !ok {
		return nil, fmt.Errorf("business %q: want %s, for example %s", s.Business, businessName.want, businessName.example)
	}
	var all []seed
	for name, from := range map[string]string{FileName: FileName, "products.yaml": "products.yaml", ".gitignore": "gitignore"} {
		body, err := starter.ReadFile("starter/" + from)
		if err != nil {
			return nil, err
		}
		all = append(all, seed{name, []byte(strings.Replace(string(body), "BUSINESS", s.Business, 1))})
	}
	plans, err := gather(s.Plans, "*.yaml", "plans")
	messages, errMessages := gather(s.Messages, "*/*.md", "messages")
	all = slices.Concat(all, plans, messages)
	slices.SortFunc(all, func(a, b seed) int { return strings.Compare(a.name, b.name) })
	return all, errors.Join(err, errMessages)
}

func gather(from fs.FS, pattern, folder string) ([]seed, error) {
	names, err := fs.Glob(from, pattern)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("gather %s: there are none", folder)
	}
	var all []seed
	for _, name := range names {
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return nil, fmt.Errorf("gather %s: %w", folder, err)
		}
		all = append(all, seed{path.Join(folder, name), body})
	}
	return all, nil
}

func write(dir string, files []seed, force bool) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if !force {
		if err := vacant(root, files); err != nil {
			return err
		}
	}
	for _, f := range files {
		if err := writeFile(root, f); err != nil {
			return err
		}
	}
	return nil
}

// vacant fails when one of the files is there.
func vacant(root *os.Root, files []seed) error {
	var there []string
	for _, f := range files {
		if _, err := root.Lstat(f.name); err == nil {
			there = append(there, f.name)
		}
	}
	if len(there) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w; take another folder, or overwrite with --force", strings.Join(there, ", "), fs.ErrExist)
}

// writeFile writes a file aside and puts it in its place by its name.
func writeFile(root *os.Root, f seed) error {
	if err := root.MkdirAll(path.Dir(f.name), 0o750); err != nil {
		return err
	}
	aside := f.name + ".new"
	w, err := root.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = w.Write(f.body)
	if err := errors.Join(err, w.Sync(), w.Close()); err != nil {
		return errors.Join(err, root.Remove(aside))
	}
	return root.Rename(aside, f.name)
}

func next(dir string) []string {
	file := filepath.Join(dir, FileName)
	return []string{
		"look at " + file + ": name, sender, zone, public_url",
		"aftersales plan lint --config " + file,
		SecretName("shopify", "main") + "=... aftersales serve --config " + file,
		"open http://127.0.0.1:8081 for the mailbox, calls and cases",
	}
}
