package setup_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/config"
	"aftersales/internal/ready"
	"aftersales/internal/setup"
	"aftersales/messages"
	"aftersales/plans"
)

// shop writes a folder of a shop, the sample with some files changed.
func shop(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../infra/shop")); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, config.FileName)
}

func TestWhatFunctionsReadIsWhatThePackerRead(t *testing.T) {
	const base = "https://api.example"
	file := shop(t, map[string]string{"messages/check-in/en.md": "---\nsubject: Hello\npreview: How is it?\n---\nHow is it?\n"})
	text, _, err := setup.Pack(file)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := ready.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	got := packed.Config(base)
	gotFiles, err := packed.Files()
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.LoadShop(file, base)
	if err != nil {
		t.Fatal(err)
	}
	wantFiles, err := setup.Read(want, setup.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.Shops, got.Shops); diff != "" || want.Business != got.Business || got.Messages != "messages" {
		t.Errorf("business %q, messages %q, shops (-want +got):\n%s", got.Business, got.Messages, diff)
	}
	if diff := cmp.Diff(wantFiles.Docs, gotFiles.Docs); diff != "" {
		t.Errorf("documents (-want +got):\n%s", diff)
	}
	if packed.Digest() != gotFiles.Digest() || ready.Fingerprint(got, packed.Digest()) != ready.Fingerprint(want, wantFiles.Digest()) {
		t.Error("the settings have another fingerprint")
	}
}

func TestAFolderWithAFaultIsNotPacked(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"plan":              {"plans/zz.yaml", "plan: zz\nversion: x\n", "zz.yaml"},
		"message":           {"messages/check-in/en.md", "no front matter", "check-in/en.md"},
		"an unused message": {"messages/spare/en.md", "---\nsubject: {{nonsense}}\npreview: x\n---\nHello.\n", "spare/en.md"},
		"configuration":     {config.FileName, "business: x\n", "shops"},
		"catalogue":         {"products.yaml", "products: 7\n", "products"},
		"links to this machine": {
			config.FileName, "business: x\nshops: [{id: main, name: M, sender: a@shop.example, public_url: 'http://127.0.0.1:8080'}]\n",
			"shops[0].public_url: \"http://127.0.0.1:8080\": want an https address that customers reach",
		},
	} {
		if _, _, err := setup.Pack(shop(t, map[string]string{c.file: c.text})); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one that names %s", name, err, c.want)
		}
	}
}

// A build tells all faults of plans, catalogue and messages at once, each at its place.
func TestEveryFaultOfAFolderIsToldAtOnce(t *testing.T) {
	const simple = "plan: simple\nversion: 1\nshop: nowhere\nsteps:\n" +
		"  - id: one\n    class: service\n    channel: email\n    message: nope\n    after: {event: delivered, wait: P2D, at: \"10:00\"}\n"
	file := shop(t, map[string]string{
		"plans/zz.yaml": "plan: zz\nversion: x\n", "plans/zy.yaml": simple, "products.yaml": "products: 7\n",
		"messages/spare/en.md": "---\nsubject: {{nonsense}}\npreview: x\n---\nHello.\n",
	})
	_, _, err := setup.Pack(file)
	if err == nil {
		t.Fatal("it was packed")
	}
	for _, want := range []string{
		"plans/zz.yaml:2:10: ", "plans/zy.yaml:3:7: no shop is named", "plans/zy.yaml:8:14: there is no message nope; write messages/nope/en.md",
		"products.yaml:1:", "messages/spare/en.md:2:",
	} {
		if !strings.Contains(err.Error(), filepath.Join(filepath.Dir(file), want)) {
			t.Errorf("nothing says %s:\n%v", want, err)
		}
	}
}

// What a deployment does not use may be as it is: its mail goes through SES, and a message
// that the shop does not have is the built-in one.
func TestWhatADeploymentDoesNotUseIsNoFault(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Init(dir, config.Start{Plans: plans.Files(), Messages: messages.Files()}); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, config.FileName)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	smtp := strings.Replace(string(text), "channel: mailbox", "channel: smtp", 1)
	if smtp == string(text) {
		t.Fatal("the sample has another channel")
	}
	if err := os.WriteFile(file, []byte(smtp), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "messages", "check-in")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := setup.Pack(file); err != nil {
		t.Error(err)
	}
}

func TestMessagesLieInTheFolder(t *testing.T) {
	file := shop(t, nil)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	if err := os.WriteFile(file, append(text, "\nmessages: "+elsewhere+"\n"...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := setup.Pack(file); err == nil || !strings.Contains(err.Error(), "does not lie in the shop's own") {
		t.Errorf("error %v", err)
	}
}

// What init writes is packed without an address, so that links go to the stack's.
func TestWhatInitWroteIsPackedForAnyAddress(t *testing.T) {
	dir := t.TempDir()
	if _, err := config.Init(dir, config.Start{Plans: plans.Files(), Messages: messages.Files()}); err != nil {
		t.Fatal(err)
	}
	text, warnings, err := setup.Pack(filepath.Join(dir, config.FileName))
	if err != nil || len(warnings) > 0 {
		t.Fatalf("warnings %q, %v", warnings, err)
	}
	packed, err := ready.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := packed.Config("https://stack.example").Shops[0].PublicURL; got != "https://stack.example" {
		t.Errorf("links of the deployment lead to %s", got)
	}
}
