package setup_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/memory"
	"aftersales/internal/setup"
	"aftersales/plans"
)

const lamps = "plan: p\nversion: 1\norders: {when: 'any(lines, .category == \"lamp\")'}\nsteps:\n" +
	"  - {id: set-up, class: service, channel: email, message: MESSAGE, after: {event: delivered, wait: P1D, at: \"10:00\"}}\n"

func plan(message string) fstest.MapFS {
	return fstest.MapFS{"p.yaml": {Data: []byte(strings.ReplaceAll(lamps, "MESSAGE", message))}}
}

func settings() *config.Config {
	shop := config.Default("main")
	shop.Sender, shop.PublicURL = "care@shop.example", "https://shop.example"
	return &config.Config{Business: "test", Shops: []followup.Shop{shop}}
}

func keys() setup.Keys {
	key := []byte(strings.Repeat("k", 40))
	return setup.Keys{Links: [][]byte{key}, Contact: key}
}

func made(t *testing.T, c *config.Config, in setup.Inputs) *setup.Setup {
	t.Helper()
	files, err := setup.Read(c, in)
	if err != nil {
		t.Fatal(err)
	}
	s, err := setup.New(c, files, keys())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryFaultOfTheFilesAtOnce(t *testing.T) {
	_, err := setup.Read(settings(), setup.Inputs{
		Plans:     fstest.MapFS{"a.yaml": {Data: []byte("plan: a\nversion: x\n")}},
		Catalogue: []byte("products: 7\n"),
	})
	if err == nil || !strings.Contains(err.Error(), "a.yaml") || !strings.Contains(err.Error(), "products") {
		t.Errorf("error %v, want faults of the plan and of the catalogue", err)
	}
}

// Faults name files as they can be opened from where the program runs.
func TestFaultsNameTheFolder(t *testing.T) {
	c := settings()
	c.Plans = t.TempDir()
	if _, err := setup.Read(c, setup.Inputs{}); err == nil || !strings.Contains(err.Error(), c.Plans+": ") {
		t.Errorf("a folder without plans: %v", err)
	}
	path := filepath.Join(c.Plans, "p.yaml")
	if err := os.WriteFile(path, []byte("plan: p\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := setup.Read(c, setup.Inputs{}); err == nil || !strings.HasPrefix(err.Error(), path+":") {
		t.Errorf("a plan without a version: %v", err)
	}
}

func TestFilesOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	c := settings()
	c.Plans, c.Products = filepath.Join(dir, "plans"), filepath.Join(dir, "products.yaml")
	if _, err := setup.Read(c, setup.Inputs{Plans: plan("set-up")}); err == nil {
		t.Error("a catalogue that is not there is no fault")
	}
	for name, text := range map[string]string{"plans/p.yaml": strings.ReplaceAll(lamps, "MESSAGE", "set-up"), "products.yaml": string(plans.Products())} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := setup.Read(c, setup.Inputs{})
	if err != nil || len(files.Plans) != 1 || len(files.Docs) != 1 {
		t.Errorf("read %d plans, %d documents, %v; want one of each", len(files.Plans), len(files.Docs), err)
	}
}

func TestAMessageThatNobodyWrote(t *testing.T) {
	files, err := setup.Read(settings(), setup.Inputs{Plans: plan("set-up-of-my-own")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := setup.New(settings(), files, keys()); err == nil || !strings.Contains(err.Error(), `message "set-up-of-my-own" does not exist`) {
		t.Errorf("error %v, want one that names the message", err)
	}
	own := fstest.MapFS{"set-up-of-my-own/en.md": {Data: []byte("---\nsubject: Hello\npreview: How to begin\n---\nHello.\n")}}
	made(t, settings(), setup.Inputs{Plans: plan("set-up-of-my-own"), Messages: own})
}

func TestAPlanForAShopThatIsNotThere(t *testing.T) {
	plans := fstest.MapFS{"p.yaml": {Data: []byte("shop: nowhere\n" + strings.ReplaceAll(lamps, "MESSAGE", "set-up"))}}
	files, err := setup.Read(settings(), setup.Inputs{Plans: plans})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := setup.New(settings(), files, keys()); err == nil || !strings.Contains(err.Error(), `no shop is named "nowhere"; there is main`) {
		t.Errorf("error %v, want one that names the shops there are", err)
	}
}

func TestKeysAreNeeded(t *testing.T) {
	files, err := setup.Read(settings(), setup.Inputs{Plans: plan("set-up")})
	if err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]setup.Keys{
		"no key of contact ids": {Links: keys().Links},
		"no key of links":       {Contact: keys().Contact},
		"a short key of links":  {Links: [][]byte{[]byte("short")}, Contact: keys().Contact},
	} {
		if _, err := setup.New(settings(), files, k); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestContactIDsHangOnBusinessAndKeyAlone(t *testing.T) {
	id := func(change func(*config.Config, *setup.Keys)) followup.ContactID {
		c, k := settings(), keys()
		change(c, &k)
		files, err := setup.Read(c, setup.Inputs{Plans: plan("set-up")})
		if err != nil {
			t.Fatal(err)
		}
		s, err := setup.New(c, files, k)
		if err != nil {
			t.Fatal(err)
		}
		return s.ContactKey("mail", "a@example.com")
	}
	same := id(func(*config.Config, *setup.Keys) {})
	if got := id(func(_ *config.Config, k *setup.Keys) { k.Links = [][]byte{[]byte(strings.Repeat("n", 40)), k.Links[0]} }); got != same {
		t.Error("a new key of links changed the ids of contacts")
	}
	if got := id(func(c *config.Config, _ *setup.Keys) { c.Business = "other" }); got == same {
		t.Error("two businesses share ids of contacts")
	}
	if got := id(func(_ *config.Config, k *setup.Keys) { k.Contact = []byte(strings.Repeat("c", 40)) }); got == same {
		t.Error("another key gave the same ids of contacts")
	}
}

func TestChangedContentUnderAnOldNumber(t *testing.T) {
	store := memory.New()
	if err := made(t, settings(), setup.Inputs{Plans: plan("set-up")}).KeepPlans(t.Context(), store); err != nil {
		t.Fatal(err)
	}
	err := made(t, settings(), setup.Inputs{Plans: plan("check-in")}).KeepPlans(t.Context(), store)
	if err == nil || !strings.Contains(err.Error(), "raise `version` to 2") {
		t.Errorf("error %v, want one that says which number to take", err)
	}
}

// locked is a store of plans that another process keeps locked; n counts who waited for it.
type locked struct {
	followup.Store
	n int
}

func (s *locked) SavePlan(context.Context, followup.PlanDoc) error {
	s.n++
	return errors.New("database is locked")
}

// A locked database is waited for once, and told once, however many plans there are.
func TestPlansOfALockedDatabase(t *testing.T) {
	s := made(t, settings(), setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products()})
	store := &locked{Store: memory.New()}
	if err := s.KeepPlans(t.Context(), store); err == nil || len(s.Docs) < 2 || store.n != 1 {
		t.Errorf("%d plans: asked %d times, error %v; want one of each", len(s.Docs), store.n, err)
	}
}

func TestFingerprintChangesWithTheSettings(t *testing.T) {
	first := made(t, settings(), setup.Inputs{Plans: plan("set-up")}).Fingerprint()
	if again := made(t, settings(), setup.Inputs{Plans: plan("set-up")}).Fingerprint(); again != first {
		t.Error("the same settings have two fingerprints")
	}
	c := settings()
	c.Shops[0].Phone = "+491234567"
	for name, other := range map[string]string{
		"plan":      made(t, settings(), setup.Inputs{Plans: plan("check-in")}).Fingerprint(),
		"catalogue": made(t, settings(), setup.Inputs{Plans: plan("set-up"), Catalogue: plans.Products()}).Fingerprint(),
		"shop":      made(t, c, setup.Inputs{Plans: plan("set-up")}).Fingerprint(),
	} {
		if other == first {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func TestReadOfAShopThatLeft(t *testing.T) {
	s := made(t, settings(), setup.Inputs{Plans: plan("set-up")})
	_, err := s.Read(followup.Incoming{InboxKey: followup.InboxKey{Shop: "gone", Source: "generic"}})
	if err == nil || !strings.Contains(err.Error(), "not configured any more") {
		t.Errorf("error %v", err)
	}
	if _, err := s.Read(followup.Incoming{InboxKey: followup.InboxKey{Shop: "main", Source: "generic"}, Body: []byte("{")}); err == nil {
		t.Error("half a body was read")
	}
}

func TestRulesKnowTheirEpoch(t *testing.T) {
	s := made(t, settings(), setup.Inputs{Plans: plan("set-up")})
	r := s.Rules(3)["main"]
	if r == nil || r.Epoch != 3 || r.Shop.ID != "main" || len(r.Plans) != 1 {
		t.Errorf("rules %+v", r)
	}
	if _, err := setup.Parse(followup.PlanDoc{Name: "p", Source: []byte("nonsense: 1")}); err == nil {
		t.Error("nonsense was parsed")
	}
}
