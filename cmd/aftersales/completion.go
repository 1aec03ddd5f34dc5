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
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
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

// words lists what may follow a command: its commands and its flags.
func words(n *kong.Node) []string {
	var out []string
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			out = append(out, c.Name)
		}
	}
	for _, group := range n.AllFlags(true) {
		for _, f := range group {
			out = append(out, "--"+f.Name)
		}
	}
	return out
}

// bash writes a function that walks the words typed so far.
func bash(s *shell) {
	s.printf(`_aftersales() {
  local cur="${COMP_WORDS[COMP_CWORD]}" prev="${COMP_WORDS[COMP_CWORD-1]}" path="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path ${COMP_WORDS[i]}" in
`)
	visit(s.model.Node, nil, func(_ *kong.Node, path []string) {
		if len(path) > 0 {
			s.printf("      %q) path=%q ;;\n", " "+strings.Join(path, " "), " "+strings.Join(path, " "))
		}
	})
	s.printf("    esac\n  done\n  case \"$prev\" in\n")
	enums := map[string]bool{}
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		for _, f := range n.Flags {
			if text := fmt.Sprintf("    --%s) COMPREPLY=($(compgen -W %q -- \"$cur\")); return ;;\n", f.Name, strings.Join(f.EnumSlice(), " ")); f.Enum != "" && !enums[f.Name] {
				enums[f.Name] = true
				s.printf("%s", text)
			}
		}
	})
	s.printf("  esac\n  case \"$path\" in\n")
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		key := strings.TrimRight(" "+strings.Join(path, " "), " ")
		s.printf("    %q) COMPREPLY=($(compgen -W %q -- \"$cur\")) ;;\n", key, strings.Join(words(n), " "))
	})
	s.printf("  esac\n}\ncomplete -o default -F _aftersales aftersales\n")
}

// fish writes one line per command and flag.
func fish(s *shell) {
	visit(s.model.Node, nil, func(n *kong.Node, path []string) {
		when := "__fish_use_subcommand"
		if len(path) > 0 {
			when = "__fish_seen_subcommand_from " + path[len(path)-1]
		}
		for _, c := range n.Children {
			if c.Type == kong.CommandNode && !c.Hidden {
				s.printf("complete -c aftersales -n %s -f -a %s -d %s\n", quoted(when), c.Name, quoted(c.Help))
			}
		}
		for _, f := range n.Flags {
			line := "complete -c aftersales -l " + f.Name
			if len(path) > 0 {
				line += " -n " + quoted(when)
			}
			if !f.IsBool() {
				line += " -r"
			}
			if f.Enum != "" {
				line += " -f -a " + quoted(strings.Join(f.EnumSlice(), " "))
			}
			s.printf("%s -d %s\n", line, quoted(f.Help))
		}
	})
}

// quoted writes a word as fish reads it.
func quoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
