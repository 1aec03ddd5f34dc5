package words_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"aftersales/internal/cloud/words"
	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/messages"
)

// A message that is read alone is the one that is read with all others, the
// merchant's footer included.
func TestReadAloneAsTogether(t *testing.T) {
	signer, err := link.New([]byte(strings.Repeat("k", 40)))
	if err != nil {
		t.Fatal(err)
	}
	links := link.NewLinks(signer)
	own := fstest.MapFS{
		"check-in/en.md": {Data: []byte("---\nsubject: Hello\npreview: How is it?\n---\nHow is it?\n")},
		"footer/en.md":   {Data: []byte("A footer of our own. [Stop]({{unsubscribe_link}})\n")},
		"other/en.md":    {Data: []byte("---\nsubject: Other\npreview: Other\n---\nOther.\n")},
	}
	all, err := compose.New(compose.Options{Messages: own, Defaults: messages.Files(), Links: links})
	if err != nil {
		t.Fatal(err)
	}
	lazy := words.New(own, links)
	shop := config.Default("main")
	shop.Sender, shop.PublicURL = "care@shop.example", "https://shop.example"
	for _, name := range append(all.Names(), "none-such") {
		for range 2 {
			l := followup.Letter{
				Shop: &shop, Step: &followup.Step{ID: "s", Message: name, Channel: followup.Email, Class: followup.Service}, Journey: "main/1",
				Facts: &followup.Facts{}, Row: followup.FollowUp{ID: "main/1/s/-/1", Class: followup.Service, Channel: followup.Email}, Now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
			}
			want, wantErr := all.Compose(l)
			got, err := lazy.Compose(l)
			if (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() {
				t.Errorf("%s: %v, want %v", name, err, wantErr)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-together +alone):\n%s", name, diff)
			}
		}
	}
	if _, err := lazy.Compose(followup.Letter{}); err == nil {
		t.Error("a letter without a step was written")
	}
}
