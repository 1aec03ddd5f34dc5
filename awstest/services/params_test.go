package services_test

import (
	"crypto/rand"
	"testing"

	"aftersales/internal/params"
)

func TestSecrets(t *testing.T) {
	stack := "t" + rand.Text()[:12]
	writer, reader := params.New(config(endpoint(t)), stack), params.New(config(endpoint(t)), stack, "AFTERSALES_LINK_KEY", "AFTERSALES_CONTACT_KEY")
	want := func(name, text string) {
		t.Helper()
		if got, err := reader.Secret(t.Context(), name); err != nil || got != text {
			t.Errorf("%s is %q, %v; want %q", name, got, err, text)
		}
	}
	for range 2 {
		if _, err := writer.PutNew(t.Context(), "AFTERSALES_LINK_KEY", "first"); err != nil {
			t.Fatal(err)
		}
	}
	want("AFTERSALES_LINK_KEY", "first")
	want("AFTERSALES_CONTACT_KEY", "")
	if made, err := writer.PutNew(t.Context(), "AFTERSALES_LINK_KEY", "second"); err != nil || made {
		t.Errorf("%t, %v: wrote over it", made, err)
	}
	if err := writer.Put(t.Context(), "AFTERSALES_LINK_KEY", "third"); err != nil {
		t.Fatal(err)
	}
	want("AFTERSALES_LINK_KEY", "first") // it is kept
	if !reader.Refresh("AFTERSALES_LINK_KEY") {
		t.Fatal("not refreshed")
	}
	want("AFTERSALES_LINK_KEY", "third")
	for range 2 {
		if err := writer.Delete(t.Context(), "AFTERSALES_LINK_KEY"); err != nil {
			t.Error(err)
		}
	}
}
