package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aftersales/internal/cloud"
	"aftersales/internal/engine"
	"aftersales/internal/local"
	"aftersales/internal/sqlite"
	"aftersales/internal/transfer"
)

// other is a second folder with the configuration of the first, its key and no data.
func other(t *testing.T, cfg string) string {
	t.Helper()
	to := folder(t)
	b, err := os.ReadFile(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// carry copies the key of contact ids into a folder's data.
func carry(t *testing.T, from, to string) {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(filepath.Dir(from), "data", "link.key"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(filepath.Dir(to), "data")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "link.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
}

// What was moved away comes back to the folder that it was moved from, when told so.
func TestMoveBack(t *testing.T) {
	o := shop(t)
	o.goTo("2026-03-06T12:00:00Z")
	file := filepath.Join(t.TempDir(), "away.gz")
	o.cli("export", "--state", file).well(t)
	to := other(t, o.cfg)
	carry(t, o.cfg, to)
	cli(t, "import", "--state", file, "--config", to).well(t)
	open(t, to, "2026-03-06T12:00:00Z").goTo("2026-03-20T12:00:00Z")
	want := decode[engine.Story](t, cli(t, "why", "1001", "--json", "--config", to))
	back := filepath.Join(t.TempDir(), "back.gz")
	cli(t, "export", "--state", back, "--config", to).well(t)

	o.cli("import", "--state", file, "--replace").badly(t, exitFailed, "moved away") // what was moved away is not what became of it
	o.cli("import", "--state", back).badly(t, exitFailed, "the file brings back what became of it; say --replace")
	o.cli("import", "--state", back, "--replace", "--merge").badly(t, exitMisused, "--merge")
	if out := o.cli("import", "--state", back, "--replace").well(t).out; !strings.Contains(out, "Imported 1 order with ") || !strings.Contains(out, "Epoch 2:") {
		t.Errorf("imported: %s", out)
	}
	if got := decode[engine.Story](t, o.cli("why", "1001", "--json")); len(got.FollowUps) != len(want.FollowUps) {
		t.Errorf("the story is %+v, there it was %+v", got.FollowUps, want.FollowUps)
	}
}

func TestMove(t *testing.T) {
	o := shop(t)
	o.goTo("2026-03-06T12:00:00Z")
	file := filepath.Join(t.TempDir(), "state.gz")
	want := decode[engine.Story](t, o.cli("why", "1001", "--json"))
	done := decode[local.Exported](t, o.cli("export", "--state", file, "--json"))
	if done.Counts.Journeys != 1 || done.Counts.FollowUps < 2 || !done.Quiet || !done.Closed || done.Bytes == 0 {
		t.Errorf("exported %+v", done)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	for _, verb := range [][]string{{"why", "1001"}, {"calls", "list"}, {"serve", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"}} {
		o.cli(verb...).badly(t, exitFailed, "moved away")
	}

	to := other(t, o.cfg)
	carry(t, o.cfg, to)
	dry := decode[transfer.Report](t, cli(t, "import", "--state", file, "--dry-run", "--json", "--config", to))
	if !dry.DryRun || dry.Journeys.New != 1 || dry.Epoch != 1 {
		t.Errorf("dry run: %+v", dry)
	}
	out := cli(t, "import", "--state", file, "--config", to).well(t).out
	for _, said := range []string{"Imported 1 order with ", "Epoch 1: what was reserved before is not sent again."} {
		if !strings.Contains(out, said) {
			t.Errorf("no %q in\n%s", said, out)
		}
	}
	if out := cli(t, "import", "--state", file, "--config", to).well(t).out; !strings.Contains(out, "was imported here before; nothing was changed") {
		t.Errorf("again: %s", out)
	}
	there := open(t, to, "2026-03-06T12:00:00Z")
	if got := decode[engine.Story](t, there.cli("why", "1001", "--json")); len(got.FollowUps) != len(want.FollowUps) || got.Order.ID != want.Order.ID {
		t.Errorf("the story there %+v, here %+v", got.Order, want.Order)
	}
	there.goTo("2026-03-20T12:00:00Z")
	if got := decode[engine.Story](t, there.cli("why", "1001", "--json")); len(got.FollowUps) < len(want.FollowUps) {
		t.Errorf("it does not go on there: %+v", got.FollowUps)
	}

	if again := decode[local.Exported](t, o.cli("export", "--state", file+"2", "--json")); again.ID != done.ID {
		t.Errorf("a closed folder is exported as %s, before as %s", again.ID, done.ID)
	}
	if out := o.cli("export", "--reopen").well(t).out; !strings.Contains(out, "Do not import export "+done.ID) {
		t.Errorf("reopened: %s", out)
	}
	o.cli("why", "1001").well(t)
	o.cli("export", "--reopen").well(t)
}

// A folder whose import died is a part of one: nothing works there, nothing takes it for
// the whole, and each says which command finishes it. That does.
func TestAnUnfinishedImportIsNotUsed(t *testing.T) {
	o := shop(t)
	file, to := filepath.Join(t.TempDir(), "away.gz"), other(t, o.cfg)
	id := decode[local.Exported](t, o.cli("export", "--state", file, "--json")).ID
	carry(t, o.cfg, to)
	app := open(t, to, "2026-03-06T12:00:00Z")
	half := transfer.Moved{At: app.Clock.Now(), Import: id} // as the first write of an import leaves it
	if err := transfer.Close(t.Context(), app.Store, half); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "half.gz")
	for _, verb := range [][]string{
		{"why", "1001"},
		{"calls", "list"},
		{"serve", "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0"},
		{"export", "--state", out},
		{"export", "--state", out, "--copy"},
		{"export", "--reopen"},
	} {
		cli(t, append(verb, "--config", to)...).badly(t, exitFailed, "finish it with the same file: aftersales import --state FILE")
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a part was exported")
	}
	if out := cli(t, "import", "--state", file, "--config", to).well(t).out; !strings.Contains(out, "Imported 1 order with ") {
		t.Errorf("finished: %s", out)
	}
	cli(t, "why", "1001", "--config", to).well(t)
	cli(t, "import", "--state", file, "--replace", "--merge", "--config", to).badly(t, exitMisused, "--merge")
	before := cli(t, "why", "1001", "--config", to).well(t).out
	o.cli("export", "--reopen").well(t)
	again := filepath.Join(t.TempDir(), "again.gz")
	o.cli("export", "--state", again).well(t)
	cli(t, "import", "--state", again, "--replace", "--config", to).badly(t, exitFailed, "in use, and only what was moved away is replaced; close the side")
	if after := cli(t, "why", "1001", "--config", to).well(t).out; after != before {
		t.Errorf("refused, and it changed: %s", after)
	}
}

// What an export says of keys is what this folder signs with, and shows none.
func TestExportNamesTheKeyThatSigns(t *testing.T) {
	o := shop(t)
	first, second := strings.Repeat("first-key-", 4), strings.Repeat("second-key-", 4)
	const set = "aftersales secrets set AFTERSALES_LINK_KEY"
	for name, c := range map[string]struct {
		env  map[string]string
		want []string
	}{
		"its own": {nil, []string{set + " --stack NAME < link.key", "unless serve runs with AFTERSALES_LINK_KEY in its environment"}},
		"the environment's": {map[string]string{"AFTERSALES_LINK_KEY": first}, []string{
			`printf %s "$AFTERSALES_LINK_KEY" | ` + set + " --stack NAME\n", `printf %s "$(cat link.key)" | ` + set + "_OLD --stack NAME\n",
		}},
		"rotated": {map[string]string{"AFTERSALES_LINK_KEY": first, "AFTERSALES_LINK_KEY_OLD": second}, []string{
			`printf %s "$AFTERSALES_LINK_KEY" | ` + set + " --stack NAME\n", `printf %s "$AFTERSALES_LINK_KEY_OLD,$(cat link.key)" | ` + set + "_OLD --stack NAME\n",
		}},
		"only old ones": {map[string]string{"AFTERSALES_LINK_KEY_OLD": second}, []string{`printf %s "${AFTERSALES_LINK_KEY_OLD%%,*}" | ` + set + " --stack NAME\n"}},
	} {
		file := filepath.Join(t.TempDir(), "state.gz")
		out := cliIn(t, "", c.env, "export", "--state", file, "--copy", "--config", o.cfg).well(t).out
		for _, want := range append(c.want, "aftersales secrets set AFTERSALES_CONTACT_KEY --stack NAME < link.key\n") {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
		if strings.Contains(out, first) || strings.Contains(out, second) || len(c.env) > 0 && strings.Contains(out, "LINK_KEY --stack NAME <") {
			t.Errorf("%s: %s", name, out)
		}
	}
}

// How many bodies wait is told of a folder, which knows.
func TestExportedTellsWhatItKnows(t *testing.T) {
	for form, want := range map[string]string{local.Form: "4 webhooks (1 wait to be read); ", cloud.StateForm: "4 webhooks; "} {
		var out bytes.Buffer
		s := shell{process: process{out: &out, getenv: func(string) (string, bool) { return "", false }}}
		s.exported(&local.Exported{Form: form, Counts: transfer.Counts{Bodies: 4, Waiting: 1}})
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: no %q in\n%s", form, want, &out)
		}
	}
}

// A stack whose import died says how it is finished, and nothing of opening it.
func TestStatusOfAnUnfinishedImport(t *testing.T) {
	var out bytes.Buffer
	s := shell{process: process{out: &out, getenv: func(string) (string, bool) { return "", false }}}
	half := transfer.Moved{ID: "away", Import: "back", How: " --replace"}
	s.stands(&standing{Stack: "care", Closed: "2026-03-06T12:00:00Z", Import: half.Import, finish: half.Finish()})
	if text := out.String(); !strings.Contains(text, "an import is not finished; nothing is sent") || strings.Contains(text, "--reopen") ||
		!strings.Contains(text, "  aftersales import --state FILE --replace --stack care   with the file of export back") {
		t.Error(text)
	}
}

func TestMoveRefused(t *testing.T) {
	o := shop(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "state.gz")
	for _, args := range [][]string{{"export"}, {"export", "--state", file, "--reopen"}, {"export", "--copy"}} {
		o.cli(args...).badly(t, exitMisused, "say --state FILE")
	}
	data := filepath.Join(filepath.Dir(o.cfg), "data")
	lock, err := sqlite.Lock(data, "a serve")
	if err != nil {
		t.Fatal(err)
	}
	o.cli("export", "--state", file).badly(t, exitFailed, "stop `serve` first")
	o.cli("import", "--state", file).badly(t, exitFailed, "no such file")
	copied := o.cli("export", "--state", file, "--copy").well(t)
	if !strings.Contains(copied.out, "what went on meanwhile") {
		t.Errorf("a copy beside a serve: %s", copied.out)
	}
	o.cli("import", "--state", file, "--copy").badly(t, exitFailed, "stop `serve` first")
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	o.cli("export", "--state", file).badly(t, exitFailed, "exists already")
	o.cli("export", "--state", filepath.Join(dir, "no", "such", "folder")).badly(t, exitFailed, "no such file")
	o.cli("why", "1001").well(t) // what failed has closed nothing
	o.cli("import", "--state", file).badly(t, exitFailed, "say --copy if this is a trial")
	o.cli("import", "--state", file, "--copy").badly(t, exitFailed, "name a new folder with --data DIR, or say --merge")
	cli(t, "import", "--state", file, "--copy", "--config", other(t, o.cfg)).badly(t, exitFailed, "copy link.key")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	o.cli("import", "--state", file).badly(t, exitFailed, "take a whole file")
	if left, err := filepath.Glob(filepath.Join(dir, "*.part")); err != nil || len(left) > 0 {
		t.Errorf("left over: %v, %v", left, err)
	}
}

func TestMoveConflict(t *testing.T) {
	o := shop(t)
	file := filepath.Join(t.TempDir(), "state.gz")
	o.cli("export", "--state", file, "--copy").well(t)
	o.goTo("2026-03-09T10:05:00Z")
	d := o.cli("import", "--state", file, "--copy", "--merge")
	if d.code != exitFailed || d.err != "" || !strings.Contains(d.out, "1 conflict left as they are here:\n  journey  main/1001  ") {
		t.Errorf("exit %d, %q\n%s", d.code, d.err, d.out)
	}
}
