// Package words gives functions the messages: the merchant's own and those built in.
package words

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/cloud"
	"aftersales/internal/compose"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/messages"
)

// Compose lets a function write messages.
func Compose(p *cloud.Parts, _ aws.Config) {
	var own fs.FS
	if p.Config.Messages != "" {
		own = os.DirFS(filepath.Join(filepath.Dir(p.Env.File), filepath.FromSlash(p.Config.Messages)))
	}
	p.Composer = func(links *link.Links) (followup.Composer, error) { return New(own, links), nil }
}

// New returns a composer that reads a message when it is first written: reading all
// of them takes as long as the rest of a cold start. They were checked when the
// function was built. own may be nil.
func New(own fs.FS, links *link.Links) followup.Composer {
	return &composer{own: own, links: links, made: map[string]followup.Composer{}}
}

type composer struct {
	own   fs.FS
	links *link.Links

	mu   sync.Mutex
	made map[string]followup.Composer // by message
}

// Compose writes a message.
func (c *composer) Compose(l followup.Letter) (followup.Message, error) {
	if l.Step == nil {
		return followup.Message{}, fmt.Errorf("compose %s: the letter has no step", l.Row.ID)
	}
	one, err := c.of(l.Step.Message)
	if err != nil {
		return followup.Message{}, err
	}
	return one.Compose(l)
}

// of returns the composer of one message.
func (c *composer) of(name string) (followup.Composer, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.made[name]; one != nil {
		return one, nil
	}
	o := compose.Options{Defaults: of(messages.Files(), name), Links: c.links}
	if c.own != nil {
		o.Messages = of(c.own, name)
	}
	one, err := compose.New(o)
	if err != nil {
		return nil, fmt.Errorf("read message %s: %w", name, err)
	}
	c.made[name] = one
	return one, nil
}

// parts are the folders that belong to every message.
var parts = []string{"footer", "open-case"}

// folders is a folder of messages in which there are only some of them.
type folders struct {
	fs.FS
	names []string
}

func of(all fs.FS, message string) folders { return folders{all, append([]string{message}, parts...)} }

// ReadDir lists a folder.
func (f folders) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.FS, name)
	if name == "." {
		entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return !slices.Contains(f.names, e.Name()) })
	}
	return entries, err
}
