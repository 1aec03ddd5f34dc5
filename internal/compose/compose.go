package compose

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"

	"aftersales/internal/followup"
)

// Links makes the addresses that lead a customer back to us: absolute, https (http only on the own machine), with a
// token that names the follow-up. It is called while a message is composed, from many goroutines at once.
type Links interface {
	// Answer returns the address of the page where l is answered.
	Answer(l followup.Letter) string
	// Unsubscribe returns the address that stops feedback and marketing; a POST to it acts at once (RFC 8058).
	Unsubscribe(l followup.Letter) string
}

// Options are what a Composer is made of.
type Options struct {
	Messages fs.FS // the merchant's, <message>/<language>.md; nil: none. They win over the defaults, file by file
	Defaults fs.FS // the ready-made ones, in the same form, with the parts footer and open-case; nil: none
	Links    Links // required
}

// Composer makes messages. It is safe for concurrent use.
type Composer struct {
	links    Links
	phones   phones
	openings openings
	rooms    sync.Pool // of *room
	unspoken []Fault
	messages map[string]map[string]*message // by name, by language in lower case
}

// message is one message in one language, ready to run.
type message struct {
	file    string
	texts   *texts
	lang    string // BCP 47, lower case
	class   string // "" any
	script  bool
	subject []op
	preview []op
	spoken  []op   // of a call: what a machine says; nil: only a person can make it
	record  string // of a call: address of a recording instead; ""
	html    []op
	text    []op
	capped  *message // what is sent while a case is open (rule 22)
}

// New reads and checks every message. The error is a [Faults] with all that is wrong. Messages in a language that this
// version does not speak are left out, and [Composer.Unspoken] tells of them: their readers get the next best language.
func New(o Options) (*Composer, error) {
	if o.Links == nil {
		return nil, fmt.Errorf("make a composer: no links to answer and unsubscribe pages are given")
	}
	c, faults := Lint(o)
	if len(faults) > 0 {
		return nil, faults
	}
	return c, nil
}

// Lint is [New] for those who look for faults: it returns what could be read, beside all that could not.
func Lint(o Options) (*Composer, Faults) {
	var faults, unspoken []Fault
	defaults := readAll(o.Defaults, &faults, &unspoken)
	own := readAll(o.Messages, &faults, &unspoken)
	for i := range own {
		own[i].own = true
	}
	c := &Composer{links: o.Links, unspoken: sorted(unspoken), messages: map[string]map[string]*message{}}
	c.assemble(overlay(defaults, own), &faults)
	return c, sorted(faults)
}

type docKey struct {
	name, lang string
	capped     bool
}

// overlay lets the merchant's files win. A ready-made text for open cases does not outlive the message it belongs to.
func overlay(defaults, own []document) map[docKey]document {
	all := make(map[docKey]document, len(defaults)+len(own))
	for _, docs := range [][]document{defaults, own} {
		for _, d := range docs {
			all[docKey{d.name, d.lang, d.capped}] = d
			if d.own && !d.capped {
				if k := (docKey{d.name, d.lang, true}); !all[k].own {
					delete(all, k)
				}
			}
		}
	}
	for _, d := range own { // the merchant's own, which may have been read before their message
		if d.capped {
			all[docKey{d.name, d.lang, true}] = d
		}
	}
	return all
}

func (c *Composer) assemble(docs map[docKey]document, faults *[]Fault) {
	for k, d := range docs {
		if isPart(k.name) || k.capped {
			continue
		}
		foot, ok := part(docs, footerName, d)
		if !ok && !d.script {
			*faults = append(*faults, Fault{File: d.file, What: "there is no footer in its language", Mend: "add " + footerName + "/" + d.lang + ".md"})
		}
		m := build(d, foot)
		if special, ok := docs[docKey{k.name, k.lang, true}]; ok {
			m.capped = build(special, foot)
		} else if intro, ok := part(docs, openCaseName, d); ok {
			m.capped = build(withIntro(d, intro), foot)
		}
		if c.messages[k.name] == nil {
			c.messages[k.name] = map[string]*message{}
		}
		c.messages[k.name][k.lang] = m
	}
	for k, d := range docs {
		if k.capped && !isPart(k.name) && c.messages[k.name][k.lang] == nil {
			*faults = append(*faults, Fault{File: d.file, What: "there is no message without an open case", Mend: "add " + k.name + "/" + k.lang + ".md"})
		}
	}
}

// part returns a part in the language of d, or in the language whose texts d uses.
func part(docs map[docKey]document, name string, d document) (document, bool) {
	if p, ok := docs[docKey{name, d.lang, false}]; ok {
		return p, true
	}
	p, ok := docs[docKey{name, d.texts.tag, false}]
	return p, ok
}

// withIntro puts the word about the open case after the greeting, which in a call is the first paragraph, or first.
func withIntro(d, intro document) document {
	at := 0
	if len(d.blocks) > 0 && (greets(d.blocks[0]) || d.script && d.blocks[0].kind == blockParagraph) {
		at = 1
	}
	d.blocks = slices.Concat(d.blocks[:at], intro.blocks, d.blocks[at:])
	d.spoken, d.record = nil, "" // a person has to find the words
	return d
}

func greets(b block) bool {
	return b.kind == blockParagraph && len(b.inline) == 1 && b.inline[0].kind == inlineToken &&
		b.inline[0].tok.expr.src == "greeting .Contact"
}

func build(d, foot document) *message {
	m := &message{
		file: d.file, texts: d.texts, lang: d.lang, class: d.class, script: d.script,
		subject: d.subject, preview: d.preview, spoken: d.spoken, record: d.record,
	}
	if d.script {
		m.text = plain(d, document{})
	} else {
		m.html, m.text = page(d.texts, d, foot), plain(d, foot)
	}
	return m
}

// Unspoken returns a fault for each message that was left out because its language is not spoken here: for a warning.
func (c *Composer) Unspoken() []Fault { return c.unspoken }

// Has reports whether there is a message of that name, in any language.
func (c *Composer) Has(name string) bool { return len(c.messages[name]) > 0 }

// Names returns the names of all messages, sorted.
func (c *Composer) Names() []string { return slices.Sorted(maps.Keys(c.messages)) }

// find returns the message in the best language there is.
func (c *Composer) find(name string, langs []string) *message {
	for _, lang := range langs {
		if m, ok := c.messages[name][lang]; ok {
			return m
		}
	}
	return nil
}
