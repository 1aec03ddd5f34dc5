package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A secret for a shop that is not there is told, with what was likely meant and
// without the secret.
func TestVariablesThatNobodyReads(t *testing.T) {
	c, faults := load(t, folder(t, fmt.Sprintf(minimal, "", "  - {id: second-shop, name: T, sender: care@shop.example}\n")), nil)
	if faults != nil {
		t.Fatal(faults)
	}
	got := c.Unread([]string{
		"PATH=/bin", "AFTERSALES_SHOPIFY_SECRET_MAIN=hush", "AFTERSALES_GENERIC_SECRET_SECOND_SHOP_NEXT=hush", "AFTERSALES_LINK_KEY_OLD=hush",
		"AFTERSALES_SHOPIFY_SECRET_MIAN=hush", "AFTERSALES_SHOPFY_SECRET_MAIN=hush", "AFTERSALES_SHOPIFY_SECRET_ELSEWHERE=hush=hush",
		"AFTERSALES_SMTP_PASWORD=hush", "AFTERSALES_SOMETHING=hush", "AFTERSALES_SHOPIFY_SECRET_GONE=",
	})
	want := []string{
		"AFTERSALES_SHOPFY_SECRET_MAIN: is set, but nothing reads it; did you mean AFTERSALES_SHOPIFY_SECRET_MAIN?",
		"AFTERSALES_SHOPIFY_SECRET_ELSEWHERE: is set, but nothing reads it; secrets are AFTERSALES_<SOURCE>_SECRET_<SHOP>, sources are generic, shopify, shops are main, second-shop",
		"AFTERSALES_SHOPIFY_SECRET_MIAN: is set, but nothing reads it; did you mean AFTERSALES_SHOPIFY_SECRET_MAIN?",
		"AFTERSALES_SMTP_PASWORD: is set, but nothing reads it; did you mean AFTERSALES_SMTP_PASSWORD?",
		"AFTERSALES_SOMETHING: is set, but nothing reads it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("(-want +got):\n", diff)
	}
}

// Each of two short secrets is told by its own name.
func TestShortSecretsAreNamed(t *testing.T) {
	c, faults := load(t, folder(t, fmt.Sprintf(minimal, ", public_url: 'https://s.example'", "")), map[string]string{
		"AFTERSALES_SHOPIFY_SECRET_MAIN": "hush", "AFTERSALES_SHOPIFY_SECRET_MAIN_NEXT": "hush2",
	})
	if faults != nil {
		t.Fatal(faults)
	}
	if len(c.Warnings) != 2 || !strings.HasPrefix(c.Warnings[0], "AFTERSALES_SHOPIFY_SECRET_MAIN: ") || !strings.HasPrefix(c.Warnings[1], "AFTERSALES_SHOPIFY_SECRET_MAIN_NEXT: ") {
		t.Errorf("warnings %q", c.Warnings)
	}
}
