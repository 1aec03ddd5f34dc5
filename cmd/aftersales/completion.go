package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completionVerb prints a script that a shell reads.
type completionVerb struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish; in bash: source <(aftersales completion bash)."`
}

// Run prints the script, made from the commands themselves.
func (v *completionVerb) Run(s *shell) error {
	var b strings.Builder
	script := *s
	script.out = &b
	switch v.Shell {
	case "fish":
		fish(&script)
	case "zsh":
		script.printf("#compdef aftersales\nautoload -U +X bashcompinit && bashcompinit\n")
		bash(&script)
	default:
		bash(&script)
	}
	_, err := io.WriteString(s.out, b.String())
	return err
}

// visit calls do for each command with the words that lead to it, the program
// itself first.
func visit(n *kong.Node, path []string, do func(n *kong.Node, path []string)) {
	do(n, path)
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			visit(c, append(slices.Clip(path), c.Name), do)
		}
	}
}

// words lists what may follow a command: its commands, the values of its
// argument where they are a closed list, and its flags.
func words(n *kong.Node) []string {
	out := verbs(n)
	for _, p := range n.Positional {
		out = append(out, enum(p)...)
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

// verbs lists the names of n's commands.
func verbs(n *kong.Node) []string {
	var out []string
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			out = append(out, c.Name)
		}
	}
	return out
}

// enum lists the values that v may have; nil: any.
func enum(v *kong.Value) []string {
	if v.Enum == "" {
		return nil
	}
	return v.EnumSlice()
}

// bash writes a function that walks the words typed so far. It runs in zsh, too,
// where a variable named path would be that of commands. After a flag that takes
// anything it offers nothing, so that the shell offers files.
func bash(s *shell) {
	s.printf(`_aftersales() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" verb="" i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$verb ${COMP_WORDS[i]}" in
`)
	visit(s.model.Node, nil, func(_ *kong.Node, path []string) {
		if len(path) > 0 {
			s.printf("      %q) verb=%q ;;\n", " "+strings.Join(path, " "), " "+strings.Join(path, " "))
		}
	})
	s.printf("    esac\n  done\n  case \"$verb $prev\" in\n")
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		for _, f := range n.Flags {
			if f.IsBool() {
				continue
			}
			key := strings.TrimRight(" "+strings.Join(path, " "), " ")
			if len(path) == 0 {
				key = "*" // of every verb
			}
			s.printf("    %s) COMPREPLY=($(compgen -W %q -- \"$cur\")); return ;;\n", pattern(key, " --"+f.Name), strings.Join(enum(f.Value), " "))
		}
	})
	s.printf("  esac\n  case \"$verb\" in\n")
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		key := strings.TrimRight(" "+strings.Join(path, " "), " ")
		s.printf("    %q) COMPREPLY=($(compgen -W %q -- \"$cur\")) ;;\n", key, strings.Join(words(n), " "))
	})
	s.printf("  esac\n}\ncomplete -o default -F _aftersales aftersales\n")
}

// pattern writes what a case of the shell compares with; a key of * stays one.
func pattern(key, rest string) string {
	if key == "*" {
		return fmt.Sprintf("*%q", rest)
	}
	return fmt.Sprintf("%q", key+rest)
}

// fish writes one line per command, closed list of values, and flag.
func fish(s *shell) {
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		below := verbs(n)
		next := seen(path) // where a command of n may stand
		if len(path) > 0 && len(below) > 0 {
			next += "; and not __fish_seen_subcommand_from " + strings.Join(below, " ")
		}
		for _, c := range n.Children {
			if slices.Contains(below, c.Name) {
				s.printf("complete -c aftersales -n %s -f -a %s -d %s\n", quoted(next), c.Name, quoted(c.Help))
			}
		}
		for _, p := range n.Positional {
			if values := enum(p); values != nil {
				s.printf("complete -c aftersales -n %s -f -a %s\n", quoted(next), quoted(strings.Join(values, " ")))
			}
		}
		for _, f := range n.Flags {
			s.printf("complete -c aftersales -l %s%s -d %s\n", f.Name, fishFlag(f, path), quoted(f.Help))
		}
	})
}

// fishFlag says where a flag may stand and what may follow it.
func fishFlag(f *kong.Flag, path []string) string {
	line := ""
	if len(path) > 0 {
		line += " -n " + quoted(seen(path))
	}
	if !f.IsBool() {
		line += " -r"
	}
	if f.Enum != "" {
		line += " -f -a " + quoted(strings.Join(f.EnumSlice(), " "))
	}
	return line
}

// seen is fish's condition that all words of path were typed; of none, that no
// command was.
func seen(path []string) string {
	if len(path) == 0 {
		return "__fish_use_subcommand"
	}
	conditions := make([]string, len(path))
	for i, word := range path {
		conditions[i] = "__fish_seen_subcommand_from " + word
	}
	return strings.Join(conditions, "; and ")
}

// quoted writes a word as fish reads it.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
