package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages returns every page of the documentation, by its name from the top of the
// checkout.
func pages(t *testing.T) map[string]string {
	t.Helper()
	const top = "../.."
	all := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "*/README.md"} {
		names, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(top, name)
			if err != nil {
				t.Fatal(err)
			}
			all[filepath.ToSlash(rel)] = string(b)
		}
	}
	for _, name := range []string{"README.md", "docs/aws.md", "docs/operations.md", "docs/plans.md", "events/README.md"} {
		if all[name] == "" {
			t.Errorf("%s is not there", name)
		}
	}
	return all
}

// documented is a command as a page writes it. Within text it may be a part of one.
type documented struct {
	page, text string
	whole      bool
}

var inText = regexp.MustCompile("`([^`\n]+)`")

// commandsOf returns the lines of code blocks, and code within text.
func commandsOf(page, text string) (all []documented) {
	block := false
	text = strings.ReplaceAll(text, "\\\n", " ") // a command over two lines
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(strings.TrimSpace(line), "```"):
			block = !block
		case block:
			all = append(all, documented{page, strings.TrimSpace(line), true})
		default:
			for _, m := range inText.FindAllStringSubmatch(line, -1) {
				all = append(all, documented{page, m[1], false})
			}
		}
	}
	return all
}

// shellWords splits a line of a shell into its commands, each into words. A variable
// becomes a moment, which is also a name.
func shellWords(line string) (commands [][]string) {
	var command []string
	end := func() {
		if len(command) > 0 {
			commands = append(commands, command)
		}
		command = nil
	}
	for _, m := range shellWord.FindAllString(line, -1) {
		switch {
		case m[0] == '#':
			end()
			return commands
		case strings.ContainsAny(m[:1], "<>"):
			command = append(command, m) // a file comes next
		case strings.ContainsAny(m[:1], "|;&()"):
			end()
		default:
			word := strings.NewReplacer(`"`, "", "'", "").Replace(m)
			command = append(command, variable.ReplaceAllString(word, "2026-11-22T08:00:00Z"))
		}
	}
	end()
	return commands
}

var (
	shellWord = regexp.MustCompile(`#.*|&&|\|\||[|;&()<>]|(?:"[^"]*"|'[^']*'|[^\s|;&()<>"'])+`)
	variable  = regexp.MustCompile(`\$[A-Za-z_]+|\$\{[A-Za-z_]+\}`)
	assigned  = regexp.MustCompile(`^[A-Za-z_]+=`)
)

// ownArgs returns what a command gives to aftersales; false when it is another.
func ownArgs(command []string) ([]string, bool) {
	for len(command) > 0 && assigned.MatchString(command[0]) {
		command = command[1:]
	}
	if len(command) == 0 || !slices.Contains([]string{"aftersales", "bin/aftersales", "./aftersales"}, command[0]) {
		return nil, false
	}
	if i := slices.IndexFunc(command, func(w string) bool { return w == "<" || w == ">" }); i >= 0 {
		command = command[:i]
	}
	return command[1:], true
}

// parse returns why aftersales refuses args; "" when it does not.
func parse(t *testing.T, args []string) (why string) {
	t.Helper()
	defer func() {
		if v := recover(); v != nil {
			if _, ok := v.(exit); !ok { // --help ends it
				panic(v)
			}
		}
	}()
	args = slices.Clone(args)
	for i, a := range args { // one of a list, of which the page names none
		if a == "FUNCTION" {
			args[i] = "sweep"
		}
	}
	var c commands
	parser, err := newParser(&c, process{out: &bytes.Buffer{}, err: &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		return err.Error()
	}
	return ""
}

// partly reports whether all that is wrong with a command is that it says less
// than one that is run: text names verbs.
func partly(why string) bool {
	return strings.HasPrefix(why, "missing flags") || strings.HasPrefix(why, "expected ") || strings.Contains(why, `got "EOL"`)
}

// TestDocumentedCommandsParse holds every aftersales command of the documentation
// against the command line as it is.
func TestDocumentedCommandsParse(t *testing.T) {
	seen := map[string]int{}
	for name, text := range pages(t) {
		for _, q := range commandsOf(name, text) {
			for _, command := range shellWords(q.text) {
				a, ours := ownArgs(command)
				if !ours {
					continue
				}
				seen[name]++
				if why := parse(t, a); why != "" && (q.whole || !partly(why)) {
					t.Errorf("%s: %s\n\t%s", name, q.text, why)
				}
			}
		}
	}
	for _, name := range []string{"README.md", "docs/aws.md", "docs/operations.md", "docs/plans.md"} {
		if seen[name] < 2 {
			t.Errorf("%s: %d commands were found", name, seen[name])
		}
	}
}

// TestDocumentedVerbsParse does the same for verbs that text names without
// aftersales before them, such as `stack resume` or `parked sent ID`.
func TestDocumentedVerbsParse(t *testing.T) {
	groups := []string{"stack", "secrets", "parked", "case", "calls", "plan", "export", "import", "invoke", "cost", "demo", "serve", "why", "completion"}
	seen := 0
	for name, text := range pages(t) {
		for _, q := range commandsOf(name, text) {
			a := strings.Fields(q.text)
			if q.whole || len(a) < 2 || !slices.Contains(groups, a[0]) || !verbal.MatchString(q.text) {
				continue
			}
			for _, a := range alternatives(a) {
				seen++
				if why := parse(t, a); why != "" && !partly(why) {
					t.Errorf("%s: `%s`\n\t%s", name, q.text, why)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d verbs were found", seen)
	}
}

// verbal is text that is a command line, and no sentence, expression or output.
var verbal = regexp.MustCompile(`^[a-z]+( [a-z]+(\|[a-z]+)*)?( [A-Z]+| --[a-z-]+( [A-Z]+| [a-z|-]+)?| \[.*\])*( …)?$`)

// alternatives writes out the words between | that are verbs, and takes the
// first of those that are values.
func alternatives(a []string) (all [][]string) {
	a = slices.Clone(a)
	if i := slices.IndexFunc(a, func(w string) bool { return strings.HasPrefix(w, "[") || w == "…" }); i >= 0 {
		a = a[:i]
	}
	for i := 2; i < len(a); i++ {
		a[i], _, _ = strings.Cut(a[i], "|")
	}
	for verb := range strings.SplitSeq(a[1], "|") {
		one := slices.Clone(a)
		one[1] = verb
		all = append(all, one)
	}
	return all
}

// TestDocumentedTargets holds every `make X` against the Makefile.
func TestDocumentedTargets(t *testing.T) {
	b, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range pages(t) {
		for _, q := range commandsOf(name, text) {
			for _, command := range shellWords(q.text) {
				if len(command) < 2 || command[0] != "make" || !target.MatchString(command[1]) {
					continue
				}
				if !bytes.Contains(b, []byte("\n"+command[1]+":")) {
					t.Errorf("%s: %s: there is no such target", name, q.text)
				}
			}
		}
	}
}

var target = regexp.MustCompile(`^[a-z-]+$`)

// TestDocumentedTemplateWords holds outputs and parameters that docs/aws.md names
// against template.yaml.
func TestDocumentedTemplateWords(t *testing.T) {
	b, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	parameters, rest, _ := strings.Cut(string(b), "\nRules:")
	_, outputs, found := strings.Cut(rest, "\nOutputs:")
	if !found {
		t.Fatal("template.yaml is laid out in another way")
	}
	text := pages(t)["docs/aws.md"]
	for where, named := range map[string]*regexp.Regexp{
		outputs:    regexp.MustCompile("outputs? `([A-Z]\\w+)`|OutputKey=='([A-Z]\\w+)'|outputs `[A-Z]\\w+` and `([A-Z]\\w+)`"),
		parameters: regexp.MustCompile("\\b([A-Z][a-z]\\w+)=[\\w\"'$-]|With `([A-Z]\\w+)`|`([A-Z]\\w+)` is arm64|as `([A-Z]\\w+)`"),
	} {
		found := named.FindAllStringSubmatch(text, -1)
		if len(found) < 5 {
			t.Errorf("%d names were found by %s", len(found), named)
		}
		for _, m := range found {
			name := strings.Join(m[1:], "")
			if !strings.Contains(where, "\n  "+name+":") && name != "Plan" { // of PutAccountPricingAttributes
				t.Errorf("docs/aws.md: %s: the template has no %s", m[0], name)
			}
		}
	}
}
