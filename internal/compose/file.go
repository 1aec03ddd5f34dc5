package compose

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// The folders that are parts of messages, not messages: what stands under every mail, and what is said first to
// somebody whose problem is still open.
const (
	footerName   = "footer"
	openCaseName = "open-case"
)

// maxFile bounds a message file.
const maxFile = 64 << 10

// document is a message file that was read.
type document struct {
	file    string
	name    string // folder
	lang    string // lower case
	capped  bool   // <lang>.case.md
	own     bool   // from the merchant's folder
	texts   *texts
	subject []op
	preview []op
	script  bool   // no subject: a call
	spoken  []op   // of a call: what a machine says
	record  string // of a call: address of a recording that a machine plays
	class   string
	blocks  []block
}

func isPart(name string) bool { return name == footerName || name == openCaseName }

// readAll reads every message of a folder. Unreadable ones are faults, and left out; so are those in real languages that
// we do not speak, which are told apart.
func readAll(fsys fs.FS, faults, unspoken *[]Fault) []document {
	if fsys == nil {
		return nil
	}
	files, err := fs.Glob(fsys, "*/*.md")
	if err != nil {
		return nil // only for a bad pattern
	}
	loose, _ := fs.Glob(fsys, "*.md") // the pattern is good
	for _, f := range loose {
		if strings.EqualFold(f, "README.md") {
			continue
		}
		*faults = append(*faults, Fault{File: f, What: "a message lies outside of a folder", Mend: "move it to <message>/<language>.md, as check-in/en.md"})
	}
	known := map[string]*texts{}
	for _, t := range languages() {
		known[t.tag] = t
	}
	var docs []document
	for _, f := range files {
		if d, ok := readFile(fsys, f, known, faults, unspoken); ok {
			docs = append(docs, d)
		}
	}
	return docs
}

func readFile(fsys fs.FS, file string, known map[string]*texts, faults, unspoken *[]Fault) (document, bool) {
	d := document{file: file, name: path.Dir(file)}
	stem := strings.TrimSuffix(path.Base(file), ".md")
	lang, capped := strings.CutSuffix(stem, ".case")
	d.lang, d.capped = normalTag(lang), capped
	for _, tag := range candidates(d.lang) {
		if t, ok := known[tag]; ok && (tag != "en" || strings.HasPrefix(d.lang+"-", "en-")) {
			d.texts = t
			break
		}
	}
	r := &reader{file: file, faults: faults}
	if d.texts == nil {
		if primary, _, _ := strings.Cut(d.lang, "-"); len(primary) == 2 || len(primary) == 3 {
			r.faults = unspoken
		}
		r.fault(0, fmt.Sprintf("%q is no language we speak", lang), "there are "+strings.Join(languageTags(), " ")+
			"; a message is <language>.md, or <language>.case.md for customers with an open case")
		return d, false
	}
	src, ok := r.read(fsys)
	if !ok {
		return d, false
	}
	return d, r.parse(&d, src)
}

func languageTags() []string {
	var tags []string
	for _, t := range languages() {
		tags = append(tags, t.tag)
	}
	return tags
}

func (r *reader) read(fsys fs.FS) (string, bool) {
	b, err := fs.ReadFile(fsys, r.file)
	switch {
	case err != nil:
		r.fault(0, "it cannot be read: "+cause(err), "check that it is a file, and its rights")
	case len(b) > maxFile:
		r.fault(0, "it is over 64 KiB", "make it shorter")
	case !utf8.Valid(b):
		r.fault(0, "it is not UTF-8", "save it as UTF-8")
	default:
		b = bytes.TrimPrefix(b, []byte("\uFEFF"))
		return strings.ReplaceAll(string(b), "\r\n", "\n"), true
	}
	return "", false
}

// cause says what went wrong without naming the path of the machine again.
func cause(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// parse reads front matter and body.
func (r *reader) parse(d *document, src string) bool {
	before := len(*r.faults)
	body, first := src, 1
	var head map[string]string
	var keys map[string]int
	if !isPart(d.name) {
		var ok bool
		if head, keys, body, first, ok = r.frontMatter(src); !ok {
			return false
		}
		r.head(d, head, keys)
	}
	r.script = d.script
	r.src, r.first, r.quoted = body, first, false
	d.blocks, _ = r.blocks()
	if len(d.blocks) == 0 && len(*r.faults) == before {
		r.fault(first, "it has no text", "write one below the front matter")
	}
	return len(*r.faults) == before
}

const mendFront = "begin the file with a line ---, then subject: \"...\" and preview: \"...\", and a line ---"

// frontMatter cuts the file and decodes its head; keys are the lines of the keys.
func (r *reader) frontMatter(src string) (head map[string]string, keys map[string]int, body string, first int, ok bool) {
	rest, found := strings.CutPrefix(src, "---\n")
	if !found {
		r.fault(1, "the front matter is missing", mendFront)
		return nil, nil, "", 0, false
	}
	var yml string
	if strings.HasPrefix(rest, "---\n") {
		body = rest[len("---\n"):]
	} else if yml, body, found = strings.Cut(rest, "\n---\n"); !found {
		r.fault(1, "the front matter has no end", mendFront)
		return nil, nil, "", 0, false
	}
	if err := yaml.Unmarshal([]byte(yml), &head); err != nil {
		line, what := yamlError(err)
		r.fault(line+1, "the front matter cannot be read: "+what, mendFront)
		return nil, nil, "", 0, false
	}
	keys = map[string]int{}
	for i, line := range strings.Split(yml, "\n") {
		if key, _, ok := strings.Cut(line, ":"); ok && keys[key] == 0 {
			keys[strings.TrimSpace(key)] = i + 2
		}
	}
	return head, keys, body, 1 + strings.Count(src[:len(src)-len(body)], "\n"), true
}

func yamlError(err error) (line int, what string) {
	if ye, ok := errors.AsType[yaml.Error](err); ok {
		if t := ye.GetToken(); t != nil && t.Position != nil {
			line = t.Position.Line
		}
		return line, ye.GetMessage()
	}
	return 0, err.Error()
}

// head reads subject, preview and class, and of a call what a machine says.
func (r *reader) head(d *document, head map[string]string, keys map[string]int) {
	for key := range head {
		if !slices.Contains([]string{"subject", "preview", "class", "spoken", "recording"}, key) {
			r.fault(keys[key], fmt.Sprintf("unknown key %q", key), "there are subject, preview and class; for a call spoken and recording")
		}
	}
	subject, preview := head["subject"], head["preview"]
	d.script = subject == "" && preview == ""
	if !d.script && subject == "" {
		r.fault(1, "the subject is missing", "add subject: \"...\", or take away the preview if this is the script of a call")
	}
	if !d.script && preview == "" {
		r.fault(1, "the preview is missing", "add preview: \"...\", the words that mail programs show beside the subject")
	}
	switch d.class = head["class"]; d.class {
	case "", "service", "feedback", "marketing":
	default:
		r.fault(keys["class"], fmt.Sprintf("unknown class %q", d.class), "it is service, feedback or marketing: the class of the steps that may use the message")
	}
	d.subject = r.headLine(subject, keys["subject"])
	d.preview = r.headLine(preview, keys["preview"])
	r.machine(d, head, keys)
}

// machine reads what a machine says that makes the call: words, or a recording.
func (r *reader) machine(d *document, head map[string]string, keys map[string]int) {
	d.record = head["recording"]
	for _, key := range [...]string{"spoken", "recording"} {
		if head[key] != "" && !d.script {
			r.fault(keys[key], key+" is for calls", "take it away, or take away subject and preview")
			return
		}
	}
	if d.record != "" && !strings.HasPrefix(d.record, "https://") && !strings.HasPrefix(d.record, "s3://") || strings.ContainsAny(d.record, " \t\n{}") {
		r.fault(keys["recording"], "the recording is no address", "give that of a sound file, such as s3://BUCKET/check-in-en.wav")
	}
	if head["spoken"] != "" {
		d.spoken = r.headLine(head["spoken"], keys["spoken"])
	}
}

func (r *reader) headLine(s string, line int) []op {
	r.src, r.first, r.quoted = s, line, true
	ops, _ := r.lineOps() // what is wrong has been reported
	return ops
}

func sorted(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(faults)
}
