package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help.golden": {"--help"}, "help_calls_done.golden": {"calls", "done", "--help"}, "help_simulate.golden": {"plan", "simulate", "--help"},
	} {
		golden(t, name, cli(t, args...).well(t).out)
	}
}

// 0 done, 1 failed, 2 misused.
func TestExitCodes(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"", exitMisused, "expected one of"},
		{"nonsense", exitMisused, "unexpected argument nonsense"},
		{"why", exitMisused, "<order>"},
		{"version --colour", exitMisused, "unknown flag --colour"},
		{"version", exitDone, ""},
		{"plan schema", exitDone, ""},
		{"plan simulate --source generic --event x.json", exitMisused, "--plan"},
		{"plan simulate --plan x.yaml --source generic --event x.json --until soon", exitMisused, "soon"},
		{"plan simulate --plan x.yaml --source generic --event x.json --now yesterday", exitMisused, "yesterday"},
		{"plan simulate --plan x.yaml --source generic --event x.json", exitFailed, "x.yaml"},
		{"why 1001", exitFailed, "aftersales init DIR"},
		{"why 1001 --config missing.yaml", exitFailed, "there is no missing.yaml"},
		{"plan lint", exitFailed, "aftersales init DIR"},
		{"plan lint missing.yaml", exitFailed, "missing.yaml"},
		{"calls done main/1/a/-/1 --outcome maybe", exitMisused, "no-answer"},
		{"calls done main/1/a/-/1 --outcome call-back", exitMisused, "--at 2026-03-05T15:00"},
		{"calls done main/1/a/-/1 --outcome works --at 2026-03-05T15:00", exitMisused, "call-back only"},
		{"calls done main/1/a/-/1 --outcome call-back --at 15:00", exitMisused, "2026-03-31T10:00"},
		{"case close main/1-1 --reason tired", exitMisused, "no-fault"},
		{"case close main/1-1", exitMisused, "--reason"},
		{"parked void main/1/a/-/1", exitMisused, "--reason"},
		{"serve --clock noon", exitMisused, "2026-03-05T10:00:00Z,x3600"},
		{"serve --clock 2026-03-05T10:00:00Z,fast", exitMisused, "x3600"},
		{"serve --clock 2026-03-05T10:00:00Z,x-1", exitMisused, "x3600"},
		{"completion tcsh", exitMisused, "fish"},
	} {
		cli(t, strings.Fields(c.args)...).badly(t, c.code, c.says)
	}
}

// Five faults of the configuration are five reports, whichever verb reads it.
func TestFaultsOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "aftersales.yaml")
	if err := os.Mkdir(filepath.Join(dir, "plans"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := `business: my-shop
listen: 127.0.0.1:99999
emial: {channel: mailbox}
shops:
  - id: main
    name: My shop
    sender: "My shop <care@shop.example>"
    zone: Europe/Berln
    hours: {email: "08:00 - 20:00"}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"serve", "why 1", "plan lint", "calls list", "case list", "parked list"} {
		d := cli(t, append(strings.Fields(verb), "--config", file)...)
		d.badly(t, exitFailed, "5 faults")
		if got := strings.Count(d.err, file+":"); got != 5 || d.out != "" {
			t.Errorf("%s tells %d faults with their place: %s%s", verb, got, d.err, d.out)
		}
	}
}

func TestInit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	out := cli(t, "init", dir).well(t).out
	for _, want := range []string{"wrote " + filepath.Join(dir, "aftersales.yaml"), "plans/10-appliance.yaml", "Next:", "aftersales serve --config"} {
		if !strings.Contains(out, want) {
			t.Errorf("init does not say %q:\n%s", want, out)
		}
	}
	cli(t, "init", dir).badly(t, exitFailed, "--force")
	cli(t, "init", dir, "--force").well(t)
	lint := cli(t, "plan", "lint", "--config", filepath.Join(dir, "aftersales.yaml"))
	if lint.well(t).out != "2 plans: no faults\n" {
		t.Errorf("what init writes has faults: %s", lint.out)
	}
	t.Chdir(dir) // the configuration is found where one stands
	cli(t, "plan", "lint").well(t)
	cli(t, "why", "1001").badly(t, exitFailed, "holds no data yet")
	if _, err := os.Stat("data"); err == nil {
		t.Error("looking made a data folder")
	}
}

func TestVersion(t *testing.T) {
	v := decode[struct{ Version, Go, Platform string }](t, cli(t, "version", "--json"))
	if v.Version == "" || !strings.HasPrefix(v.Go, "go1.") {
		t.Errorf("got %+v", v)
	}
}

func TestColours(t *testing.T) {
	s := shell{process: process{colour: true, getenv: func(string) (string, bool) { return "", false }}}
	if got := s.painter().paint(red, "late"); got != "\x1b[31mlate\x1b[0m" {
		t.Errorf("on a terminal: %q", got)
	}
	s.getenv = func(name string) (string, bool) { return "1", name == "NO_COLOR" }
	if got := s.painter().paint(red, "late"); got != "late" {
		t.Errorf("with NO_COLOR: %q", got)
	}
	if got := (painter{}).paint(plain, "a\x1b]0;x\a\u202eb\nc"); got != "a\ufffd]0;x\ufffd\ufffdb c" {
		t.Errorf("what would steer the terminal: %q", got)
	}
}

func TestCompletion(t *testing.T) {
	for name, want := range map[string][]string{
		"bash": {
			`" calls done") COMPREPLY=($(compgen -W "--`, `" calls done --outcome") COMPREPLY=($(compgen -W "works problem help no-answer`, "complete -o default -F _aftersales aftersales",
			`*" --config") COMPREPLY=($(compgen -W "" `, `" completion") COMPREPLY=($(compgen -W "bash zsh fish --`, "COMPREPLY=()\n",
		},
		"zsh": {"#compdef aftersales", "bashcompinit", "complete -o default"},
		"fish": {
			"complete -c aftersales -n '__fish_seen_subcommand_from calls; and not __fish_seen_subcommand_from list claim done release' -f -a claim",
			"-l outcome -n '__fish_seen_subcommand_from calls; and __fish_seen_subcommand_from done' -r -f -a 'works problem help",
			"-n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'",
		},
	} {
		out := cli(t, "completion", name).well(t).out
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s lacks %q", name, w)
			}
		}
		if strings.Contains(out, "path=") {
			t.Errorf("%s sets path, which zsh ties to PATH", name)
		}
	}
}
