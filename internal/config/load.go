package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"aftersales/internal/followup"
)

// Load reads the file at path and the environment through getenv, as
// [os.LookupEnv] is; nil reads the process's own. An error is [Faults], all of
// them, and the configuration is then nil.
func Load(path string, getenv func(string) (string, bool)) (*Config, error) {
	if getenv == nil {
		getenv = os.LookupEnv
	}
	return load(path, getenv, "")
}

// load is Load; base, when not "", is where the AWS form is reached.
func load(path string, getenv func(string) (string, bool), base string) (*Config, error) {
	var faults Faults
	l := &loader{
		reader: &reader{file: path, faults: &faults},
		dir:    filepath.Dir(path), base: base,
	}
	l.env = environment{getenv: getenv, faults: &faults, warnings: &l.cfg.Warnings}
	if body, ok := l.file(path); ok {
		if root, ok := l.parse(body); ok {
			l.root(root)
		}
	}
	if len(faults) > 0 {
		return nil, faults.sorted()
	}
	return &l.cfg, nil
}

// loader fills a Config from one file and one environment.
type loader struct {
	*reader
	env environment
	dir string // of the file
	// base is where customers reach the AWS form, which sends by SES; "" the other form.
	base string
	cfg  Config
}

// file reads the configuration file itself.
func (l *loader) file(path string) (body []byte, ok bool) {
	body, err := os.ReadFile(path)
	if err != nil {
		l.add(Fault{Name: "file", Cause: cause(err), Want: "a readable file; aftersales init DIR writes one"})
	}
	return body, err == nil
}

func (l *loader) root(n node) {
	f := l.fields(n, "business", "listen", "console", "data", "plans", "messages", "products", "holidays", "email", "call", "shops")
	c := &l.cfg
	c.Business = required(f, "business", businessName)
	c.Listen = optional(f, "listen", "127.0.0.1:8080", listenAddress)
	c.Console = optional(f, "console", "127.0.0.1:8081", consoleAddress)
	if c.Listen == c.Console && !strings.HasSuffix(c.Listen, ":0") {
		l.fault(f.get("console"), c.Console, "another port than listen has: what operators see is not for the public", "127.0.0.1:8081")
	}
	c.Data = l.data(f)
	c.Plans = l.path(f, "plans", "plans", true)
	c.Messages = l.optionalPath(f, "messages", "messages", true)
	c.Products = l.optionalPath(f, "products", "products.yaml", false)
	c.Holidays = l.holidays(f.get("holidays"))
	c.Email = l.email(f.get("email"))
	c.Call = l.call(f.get("call"))
	c.Shops = l.shops(f.get("shops"))
	c.Hooks = map[followup.ShopID]map[string][]Secret{}
	for _, s := range c.Shops {
		c.Hooks[s.ID] = l.env.hooks(s.ID)
	}
	c.LinkKeys = l.env.linkKeys()
}

func (l *loader) warn(n node, text string) {
	text = fmt.Sprintf("%s:%d:%d: %s: %s", l.reader.file, n.at.line, n.at.column, n.path, text)
	l.cfg.Warnings = append(l.cfg.Warnings, strings.Map(plain, text))
}
