package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"aftersales/internal/config"
	"aftersales/internal/plan"
	"aftersales/messages"
	"aftersales/plans"
)

func start() config.Start {
	return config.Start{
		Plans:    fstest.MapFS{"all.yaml": {Data: []byte("plan: all\n")}, "plans.go": {Data: []byte("package plans\n")}},
		Messages: fstest.MapFS{"check-in/en.md": {Data: []byte("Hello")}, "check-in/fa.md": {Data: []byte("سلام")}},
	}
}

func TestInitWritesWhatLoads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "shop")
	done, err := config.Init(dir, start())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range done.Files {
		name, err := filepath.Rel(dir, f)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	want := []string{".gitignore", "aftersales.yaml", "messages/check-in/en.md", "messages/check-in/fa.md", "plans/all.yaml", "products.yaml"}
	if !slices.Equal(names, want) {
		t.Errorf("files %q, want %q", names, want)
	}
	if len(done.Next) < 3 || !strings.Contains(strings.Join(done.Next, "\n"), "aftersales serve --config "+dir) {
		t.Errorf("next steps %q", done.Next)
	}
	c, faults := load(t, dir, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "public_url: missing") || c.Shops[0].PublicURL != "http://127.0.0.1:8080" {
		t.Errorf("links lead to %q, warnings %q: want one that they lead to this machine", c.Shops[0].PublicURL, c.Warnings)
	}
	if len(c.Shops) != 1 || c.Shops[0].ID != "main" || c.Email.Channel != config.Mailbox || c.Products == "" || c.Messages == "" {
		t.Errorf("configuration %+v", c)
	}
	def := config.Default("main")
	if s := c.Shops[0]; s.Hours["email"] != def.Hours["email"] || s.Hours["call"] != def.Hours["call"] ||
		s.BusinessHours != def.BusinessHours || s.ReplyWithin != def.ReplyWithin || s.Zone != def.Zone {
		t.Errorf("the file says %+v, the defaults are %+v", s, def)
	}
	if len(c.Business) < 20 {
		t.Errorf("business %q can be guessed", c.Business)
	}
}

// TestTheReadyMadeFolderIsWithoutFault runs init with what the binary carries.
func TestTheReadyMadeFolderIsWithoutFault(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Init(dir, config.Start{Plans: plans.Files(), Messages: messages.Files()}); err != nil {
		t.Fatal(err)
	}
	c, faults := load(t, dir, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	if loaded, _, faults := plan.LoadDir(os.DirFS(c.Plans), "."); len(loaded) < 2 || len(faults) > 0 {
		t.Errorf("%d plans, %v", len(loaded), faults)
	}
	body, err := os.ReadFile(c.Products)
	if err != nil {
		t.Fatal(err)
	}
	if products, faults := plan.ParseCatalogue("products.yaml", body); len(faults) > 0 || len(products.Products) == 0 {
		t.Errorf("catalogue %+v, %v", products, faults)
	}
	if _, err := os.Stat(filepath.Join(c.Messages, "check-in", "en.md")); err != nil {
		t.Error(err)
	}
}

// TestWhatInitCommentsOutLoads uncomments every setting, so that none rots.
func TestWhatInitCommentsOutLoads(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Init(dir, start()); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, config.FileName)
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(body), "\n")
	n := 0
	for i, line := range lines {
		bare := strings.TrimSpace(line)
		if key, ok := strings.CutPrefix(bare, "# "); ok && i > 12 && strings.Contains(strings.SplitN(strings.TrimSpace(key), " ", 2)[0], ":") {
			lines[i] = strings.Replace(line, "# ", "", 1)
			n++
		}
	}
	put(t, path, strings.Join(lines, "\n"))
	put(t, filepath.Join(dir, "holidays", "de.yaml"), "- 2026-12-25\n")
	c, faults := load(t, dir, nil)
	if faults != nil {
		t.Fatal(faults)
	}
	if s := c.Shops[0]; n < 16 || s.PublicURL != "https://care.shop.example" || s.ReplyTo == "" || s.Phone == "" || s.Country != "DE" || len(s.Staff) != 1 || c.Email.Rate != 10 || len(c.Holidays["DE"]) != 1 {
		t.Errorf("%d settings uncommented: %+v", n, c)
	}
}

// A folder that nobody edited is deployed with links to the deployment.
func TestWhatInitWritesLeadsToTheDeployment(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Init(dir, start()); err != nil {
		t.Fatal(err)
	}
	c, err := config.LoadShop(filepath.Join(dir, config.FileName), "https://care.example")
	if err != nil || c.Shops[0].PublicURL != "https://care.example" || len(c.Warnings) > 0 {
		t.Errorf("links lead to %v, %v", c, err)
	}
}

func TestInitOverwritesNothing(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "products.yaml"), "mine")
	_, err := config.Init(dir, start())
	if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "products.yaml") {
		t.Errorf("error %v", err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("wrote all the same: %v", entries)
	}
	s := start()
	s.Force = true
	if _, err := config.Init(dir, s); err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "products.yaml"))
	if err != nil || string(body) == "mine" {
		t.Errorf("%q, %v: not overwritten when told to", body, err)
	}
}

func TestInitKeepsTheBusinessItIsTold(t *testing.T) {
	dir := t.TempDir()
	s := start()
	s.Business = "acme"
	if _, err := config.Init(dir, s); err != nil {
		t.Fatal(err)
	}
	if c, faults := load(t, dir, nil); faults != nil || c.Business != "acme" {
		t.Errorf("%v, %v", c, faults)
	}
	s.Business = "a: b"
	if _, err := config.Init(t.TempDir(), s); err == nil || !strings.Contains(err.Error(), "want a name") {
		t.Errorf("error %v", err)
	}
}

func TestInitTellsWhatItCouldNotDo(t *testing.T) {
	s := start()
	s.Plans = fstest.MapFS{}
	if _, err := config.Init(t.TempDir(), s); err == nil || !strings.Contains(err.Error(), "gather plans: there are none") {
		t.Errorf("error %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "")
	if _, err := config.Init(filepath.Join(file, "x"), start()); err == nil || !strings.HasPrefix(err.Error(), "init ") {
		t.Errorf("error %v", err)
	}
}
