package setup

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/plan"
	"aftersales/messages"
)

// References reads the messages of a configuration and holds plans, as far as they can be
// read, against them and against its shops: it tells every fault of the messages, and what
// plans refer to and is not there or does not fit, at its place in the file. c may be nil:
// then shops are not judged, the built-in messages alone are known, and one that is not
// among them is only a warning.
func References(c *config.Config, plans []plan.Source) plan.Faults {
	r := references{c: c}
	var own fs.FS
	if c != nil && c.Messages != "" {
		own = os.DirFS(c.Messages)
	}
	composer, faults := compose.Lint(compose.Options{Messages: own, Defaults: messages.Files(), Links: noLinks{}})
	broken := map[string]bool{} // messages whose own faults come first
	for _, f := range faults {
		broken[path.Dir(f.File)] = true
		r.message(f, false)
	}
	for _, f := range composer.Unspoken() {
		r.message(f, true)
	}
	for _, src := range plans {
		p := plan.Outline(src)
		if p == nil {
			continue
		}
		r.shop(src, p)
		for i := range p.Steps {
			if s := &p.Steps[i]; s.Message != "" && !broken[s.Message] {
				r.step(composer, src, s)
			}
		}
	}
	return r.faults
}

// references collects faults.
type references struct {
	c      *config.Config
	faults plan.Faults
}

// message tells a fault of a message, whose file it names as it can be opened.
func (r *references) message(f compose.Fault, warning bool) {
	file := f.File
	if r.c != nil && r.c.Messages != "" {
		file = filepath.Join(r.c.Messages, filepath.FromSlash(file))
	}
	r.faults = append(r.faults, plan.Fault{File: file, Line: f.Line, Column: f.Column, Cause: f.What, Mend: f.Mend, Warning: warning})
}

// shop checks that the shop of a plan for one shop is there: a plan for another
// one is for no order at all.
func (r *references) shop(src plan.Source, p *followup.Plan) {
	if r.c == nil {
		return
	}
	if cause, mend := Stranger(r.c, p); cause != "" {
		f := plan.Fault{File: src.File, Path: "shop", Cause: cause, Mend: mend}
		f.Line, f.Column = valueAt(src.Src, "shop", string(p.Shop))
		r.faults = append(r.faults, f)
	}
}

// step checks that the message of a step is there and fits it.
func (r *references) step(c *compose.Composer, src plan.Source, s *followup.Step) {
	err := c.Check(*s)
	if err == nil {
		return
	}
	f := plan.Fault{File: src.File, Path: "steps[" + s.ID + "].message", Cause: err.Error(), Mend: "name a message that fits the step"}
	if what, ok := errors.AsType[compose.Fault](err); ok {
		f.Cause, f.Mend = "message "+s.Message+" ("+what.File+"): "+what.What, what.Mend
	} else if !c.Has(s.Message) {
		f.Cause, f.Mend = "there is no message "+s.Message, "write messages/"+s.Message+"/en.md, or use one of "+strings.Join(c.Names(), ", ")
		if f.Warning = r.c == nil; f.Warning { // perhaps it is the shop's own
			f.Mend += "; the shop's own are known with --config FILE"
		}
	}
	f.Line, f.Column = messageAt(src.Src, s)
	r.faults = append(r.faults, f)
}

// noLinks stand for the addresses in messages that are only read.
type noLinks struct{}

// Answer is nothing.
func (noLinks) Answer(followup.Letter) string { return "" }

// Unsubscribe is nothing.
func (noLinks) Unsubscribe(followup.Letter) string { return "" }

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
