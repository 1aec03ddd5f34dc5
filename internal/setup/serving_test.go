package setup_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/setup"
	"aftersales/messages"
	"aftersales/plans"
)

// What a process runs on is the same for one that works beside it.
func TestServingIsReadAsItWasWritten(t *testing.T) {
	c := settings()
	own := fstest.MapFS{
		"set-up/en.md":    {Data: []byte("---\nsubject: Mine\npreview: p\nclass: service\n---\nHello\n")},
		"set-up/note.txt": {Data: []byte("not a message")},
	}
	files, err := setup.Read(c, setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products(), Messages: own})
	if err != nil {
		t.Fatal(err)
	}
	text, err := setup.WriteServing(c, files)
	if err != nil {
		t.Fatal(err)
	}
	other := settings()
	other.Data, other.Shops[0].Name = "elsewhere", "an edit that is not served yet"
	read, again, err := setup.ReadServing(text, other)
	if err != nil {
		t.Fatal(err)
	}
	if read.Data != "elsewhere" || read.Shops[0].Name != c.Shops[0].Name || other.Shops[0].Name == c.Shops[0].Name {
		t.Errorf("read %q of %q, own %q", read.Shops[0].Name, read.Data, other.Shops[0].Name)
	}
	if again.Fingerprint(read) != files.Fingerprint(c) {
		t.Error("it means something else")
	}
	if diff := cmp.Diff(files.Docs, again.Docs); diff != "" {
		t.Errorf("plans (-written +read):\n%s", diff)
	}
	twice, err := setup.WriteServing(read, again)
	if err != nil || !bytes.Equal(text, twice) {
		t.Errorf("written again it differs: %v", err)
	}
	if _, err := setup.New(read, again, keys()); err != nil {
		t.Error(err)
	}
	broken := fstest.MapFS{"set-up/en.md": {Data: []byte("---\nsubject: {{nonsense}}\n---\n")}}
	if files, err = setup.Read(c, setup.Inputs{Plans: plans.Files(), Catalogue: plans.Products(), Messages: broken}); err != nil {
		t.Fatal(err)
	}
	if text, err = setup.WriteServing(c, files); err != nil {
		t.Fatal(err)
	}
	if read, again, err = setup.ReadServing(text, settings()); err != nil {
		t.Fatal(err)
	}
	if _, err := setup.New(read, again, keys()); err == nil {
		t.Error("its messages are not those that were written")
	}
}

func TestServingOfBuiltInMessages(t *testing.T) {
	c := settings()
	files, err := setup.Read(c, setup.Inputs{Plans: plans.Files(), Messages: messages.Files()})
	if err != nil {
		t.Fatal(err)
	}
	text, err := setup.WriteServing(c, files)
	if err != nil {
		t.Fatal(err)
	}
	var served map[string]any
	if err := json.Unmarshal(text, &served); err != nil {
		t.Fatal(err)
	}
	var shop []byte
	if err := json.Unmarshal([]byte(`"`+served["shop"].(string)+`"`), &shop); err != nil { //nolint:forcetypeassert // bytes are text in JSON
		t.Fatal(err)
	}
	served["shop"] = bytes.Replace(shop, []byte(`"Hash"`), []byte(`"Other"`), 1)
	if text, err = json.Marshal(served); err != nil {
		t.Fatal(err)
	}
	if _, _, err := setup.ReadServing(text, settings()); err == nil ||
		!strings.Contains(err.Error(), "another version of this program") {
		t.Errorf("what means something else was read: %v", err)
	}
	for _, text := range []string{"", "null", "{}", `{"shop": 7}`, `{"shop": {"shops": [{}], "files": 1}}`, `{"shop": "eyJzaG9wcyI6W3t9XX0="}`} {
		if _, _, err := setup.ReadServing([]byte(text), settings()); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}
