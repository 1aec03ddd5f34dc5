package config

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"aftersales/internal/followup"
)

// Secret is a password or key. It shows itself to nobody: printing, logging
// and encoding give only whether there is one. The zero value is none.
type Secret struct{ text string }

// NewSecret wraps a secret's text; "" is none.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal gives the secret itself, for the code that signs or logs in with it.
func (s Secret) Reveal() string { return s.text }

// Set reports whether there is a secret.
func (s Secret) Set() bool { return s.text != "" }

// String says whether there is a secret, never which.
func (s Secret) String() string {
	if s.Set() {
		return "set, not shown"
	}
	return "not set"
}

// Format does what String does, whatever the verb.
func (s Secret) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, s.String()) }

// MarshalText does what String does.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue does what String does.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// Sources are the sources of events that this version understands, as they
// stand in the addresses of hooks and in the names of secrets.
var Sources = [...]string{"generic", "shopify"}

const (
	envPassword = "AFTERSALES_SMTP_PASSWORD" //nolint:gosec // the name of a variable, not what is in it
	envLinkKey  = "AFTERSALES_LINK_KEY"
	linkKeyMin  = 32 // bytes, as package link wants it
)

// SecretName gives the variable that holds the secret of a shop's source:
// AFTERSALES_SHOPIFY_SECRET_MY_SHOP. A second live one ends in _NEXT.
func SecretName(source string, shop followup.ShopID) string {
	return "AFTERSALES_" + envWord(source) + "_SECRET_" + envWord(string(shop))
}

func envWord(s string) string { return strings.ToUpper(strings.ReplaceAll(s, "-", "_")) }

// environment reads secrets and notes what is wrong with them.
type environment struct {
	getenv   func(string) (string, bool)
	faults   *Faults
	warnings *[]string
}

// secret reads one variable. Empty counts as not set, because that is what
// templates of environment files leave behind. check may be nil.
func (e environment) secret(name string, check rule[string]) Secret {
	text, _ := e.getenv(name)
	switch {
	case text == "":
		return Secret{}
	case strings.TrimSpace(text) != text:
		e.fault(name, "white space at an end", "the secret alone, without spaces or line ends", "")
		return Secret{}
	case check.parse != nil:
		if _, ok := check.parse(text); !ok {
			e.fault(name, "value not shown", check.want, check.example)
			return Secret{}
		}
	}
	return Secret{text}
}

func (e environment) fault(name, cause, want, example string) {
	*e.faults = append(*e.faults, Fault{Name: name, Cause: cause, Want: want, Example: example})
}

// hooks reads the secrets of all sources of a shop. A source without one is
// off, and is not in the result.
func (e environment) hooks(shop followup.ShopID) map[string][]Secret {
	on := map[string][]Secret{}
	for _, source := range Sources {
		var check rule[string]
		if source == "generic" {
			check = standardSecret
		}
		name := SecretName(source, shop)
		next := name + "_NEXT"
		first, second := e.secret(name, check), e.secret(next, check)
		if text, _ := e.getenv(name); text == "" && second.Set() {
			e.fault(next, "set alone", "the secret in use in "+name+"; the one with _NEXT is only for a change of secrets", "")
			continue
		}
		for _, s := range [...]struct {
			name string
			Secret
		}{{name, first}, {next, second}} {
			if s.Set() {
				on[source] = append(on[source], s.Secret)
				e.weak(s.name, s.Secret)
			}
		}
	}
	return on
}

// CheckSecret says what is wrong with the secret of a source, or with a link key
// ("link"); nil when nothing is. The secret is not in it.
func CheckSecret(source, text string) error {
	check := rule[string]{want: "the secret alone, without spaces or line ends", parse: func(s string) (string, bool) { return s, s != "" }}
	switch {
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return fmt.Errorf("white space in it; want %s", check.want)
	case source == "generic":
		check = standardSecret
	case source == "link":
		check = linkKey
	}
	if _, ok := check.parse(text); !ok || text == "" {
		return fmt.Errorf("value not shown; want %s", check.want)
	}
	return nil
}

// weak warns of a secret that could be found by trying.
func (e environment) weak(name string, s Secret) {
	const least = 16
	if len(s.text) < least {
		*e.warnings = append(*e.warnings, fmt.Sprintf("%s: a secret of fewer than %d characters: whoever guesses it can make up orders", name, least))
	}
}

// linkKeys reads the key that signs links and the retired ones.
func (e environment) linkKeys() []Secret {
	var keys []Secret
	if k := e.secret(envLinkKey, linkKey); k.Set() {
		keys = append(keys, k)
	}
	const old = envLinkKey + "_OLD"
	text, _ := e.getenv(old)
	for i, word := range strings.Split(text, ",") {
		word = strings.TrimSpace(word)
		switch {
		case text == "":
		case len(word) < linkKeyMin:
			e.fault(old, fmt.Sprintf("key %d: value not shown", i+1), linkKey.want+"; several are separated by commas", "")
		default:
			keys = append(keys, Secret{word})
		}
	}
	return keys
}

var linkKey = rule[string]{
	want:    fmt.Sprintf("at least %d random characters", linkKeyMin),
	example: "the output of: openssl rand -base64 36",
	parse:   func(s string) (string, bool) { return s, len(s) >= linkKeyMin },
}

// standardSecret is a secret of Standard Webhooks: base64 behind whsec_. Text
// without whsec_ is taken as it is.
var standardSecret = rule[string]{
	want:    "base64 after whsec_",
	example: `the output of: echo "whsec_$(openssl rand -base64 32)"`,
	parse: func(s string) (string, bool) {
		text, found := strings.CutPrefix(s, "whsec_")
		if !found {
			return s, true
		}
		key, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
		return s, err == nil && len(key) > 0
	},
}

// secretWords are what names of keys that hold secrets are made of.
var secretWords = [...]string{"secret", "password", "passwd", "passphrase", "token", "api_key", "apikey", "private_key", "link_key", "credential", "whsec"}

// looksSecret reports whether a key of the file would hold a secret.
func looksSecret(key string) bool {
	key = strings.ReplaceAll(strings.ToLower(key), "-", "_")
	for _, w := range secretWords {
		if strings.Contains(key, w) {
			return true
		}
	}
	return key == "pass" || key == "key"
}

// secretHome says where the secret belongs that somebody wrote under key.
func secretHome(path, key string) string {
	key = strings.ToLower(key)
	switch {
	case strings.Contains(path, "smtp") || strings.Contains(key, "smtp") || strings.HasPrefix(path, "email"):
		return envPassword
	case strings.Contains(key, "link"):
		return envLinkKey
	}
	for _, s := range Sources {
		if strings.Contains(key, s) {
			return "AFTERSALES_" + envWord(s) + "_SECRET_<SHOP>"
		}
	}
	return "AFTERSALES_<SOURCE>_SECRET_<SHOP>, " + envPassword + " or " + envLinkKey
}

// hidesSecret reports whether a value must not be repeated in a fault.
func hidesSecret(value string) bool {
	if strings.Contains(value, "whsec_") || strings.Contains(value, "shpss_") {
		return true
	}
	_, rest, isURL := strings.Cut(value, "://")
	return isURL && strings.Contains(rest, "@")
}
