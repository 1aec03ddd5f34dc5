package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"aftersales/internal/cloud/reach"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/params"
)

// secretsVerbs keep the secrets of a stack of the AWS form. The other form reads
// its secrets from the environment.
type secretsVerbs struct {
	Init   secretsInitVerb   `cmd:"" help:"Make the keys that every stack needs, where they are missing."`
	Set    secretsSetVerb    `cmd:"" help:"Set the secret of a shop's source, read from standard input."`
	Rotate secretsRotateVerb `cmd:"" help:"Replace the key that signs links, or a source's secret by the next one."`
}

var stackName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`)

// secrets opens the secrets of the stack that --stack names.
func (s *shell) secrets(ctx context.Context) (*params.Secrets, error) {
	if s.Stack == "" {
		return nil, misused("say which stack with --stack NAME")
	}
	if !stackName.MatchString(s.Stack) {
		return nil, misused("--stack %s: want the name of a stack: letters, digits and -", s.Stack)
	}
	secrets, missing, err := reach.Secrets(ctx, s.Stack)
	if missing != nil {
		fmt.Fprintf(s.err, "%v. What is set waits for a stack of that name.\n", missing)
	}
	return secrets, err
}

// The keys of every stack.
const (
	linkKey    = "AFTERSALES_LINK_KEY"
	linkKeyOld = "AFTERSALES_LINK_KEY_OLD" // retired ones, with commas between
	contactKey = "AFTERSALES_CONTACT_KEY"
	sessionKey = "AFTERSALES_SESSION_KEY"
	nextSuffix = "_NEXT"
)

// newKey returns 48 random characters: 36 bytes.
func newKey() string {
	b := make([]byte, 36)
	_, _ = rand.Read(b) // never fails
	return base64.StdEncoding.EncodeToString(b)
}

type secretsInitVerb struct{}

// Run makes what is missing, and touches nothing that is there: a new contact key
// would make strangers of all customers.
func (v *secretsInitVerb) Run(ctx context.Context, s *shell) error {
	secrets, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	for _, name := range []string{linkKey, contactKey, sessionKey} {
		made, err := secrets.PutNew(ctx, name, newKey())
		switch {
		case err != nil:
			return err
		case made:
			s.printf("%s made\n", name)
		default:
			s.printf("%s is there already\n", name)
		}
	}
	s.printf("Now the secret of each source: aftersales secrets set SHOP SOURCE --stack %s, with the secret on standard input.\n", s.Stack)
	return nil
}

type secretsSetVerb struct {
	Shop     string `arg:"" help:"The shop; or the whole name of a secret, such as AFTERSALES_LINK_KEY, to bring one along from another stack."`
	Source   string `arg:"" optional:"" help:"The source: generic or shopify."`
	Next     bool   `help:"A second one, live beside the first: for a change of secrets."`
	Generate bool   `help:"Make a random one instead of reading it (source generic)."`
	Print    bool   `help:"Print the one that was made, for the sender."`
}

// Run reads or makes a secret and writes it.
func (v *secretsSetVerb) Run(ctx context.Context, s *shell) error {
	name, err := v.name()
	if err != nil {
		return err
	}
	if err := s.known(v.Shop); err != nil {
		return err
	}
	secrets, err := s.secrets(ctx)
	if err != nil {
		return err
	}
	text, err := v.text(s.in)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := secrets.Put(ctx, name, text); err != nil {
		return err
	}
	if v.Print {
		s.printf("%s\n", text)
		return nil
	}
	s.printf("%s is set; functions use it within %s.\n", name, spreads(name))
	return nil
}

// spreads says how long functions may take to use what a secret is set to: one of a
// source is asked for again when it is missing, or a signature does not match, once a
// minute; the others when they are missing, else when they are five minutes old.
func spreads(name string) string {
	if slices.Contains([]string{linkKey, linkKeyOld, contactKey, sessionKey}, name) {
		return "six minutes, one if it was missing"
	}
	return "a minute"
}

var (
	shopName   = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	secretName = regexp.MustCompile(`^AFTERSALES_[A-Z0-9_]+$`)
)

func (v *secretsSetVerb) name() (string, error) {
	name, err := hookSecret(v.Shop, v.Source)
	switch {
	case v.Print && !v.Generate:
		return "", misused("--print is for --generate; a secret that was read is yours already")
	case v.Generate && v.Source != "generic":
		return "", misused("--generate is for the source generic; the store makes the others")
	case v.Source == "" && secretName.MatchString(v.Shop) && !v.Next:
		return v.Shop, nil
	case err != nil:
		return "", err
	case v.Next:
		return name + nextSuffix, nil
	}
	return name, nil
}

// deployedFile is where the shop's configuration is when functions are built.
const deployedFile = "shop/aftersales.yaml"

// known refuses a shop, or a name of a secret, that the configuration does not have:
// nothing would ever read its secret. Where no configuration is, nobody can tell.
func (s *shell) known(shop string) error {
	file := s.file()
	if !s.configured() {
		if _, err := os.Stat(deployedFile); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		file = deployedFile
	}
	if shop == "" || slices.Contains([]string{linkKey, linkKeyOld, contactKey, sessionKey}, shop) {
		return nil
	}
	cfg, err := config.LoadShop(file, "https://address.invalid")
	if err != nil {
		return err
	}
	what, want := "shop", []string{}
	for i := range cfg.Shops {
		want = append(want, string(cfg.Shops[i].ID))
	}
	if secretName.MatchString(shop) {
		what, want = "secret", secretsOf(cfg)
	}
	if slices.Contains(want, shop) {
		return nil
	}
	return misused("%s %q: %s does not have it: want one of %s%s", what, shop, file, strings.Join(want, ", "), meant(shop, want))
}

// secretsOf names what a stack with this configuration reads.
func secretsOf(cfg *config.Config) []string {
	names := []string{linkKey, linkKeyOld, contactKey, sessionKey}
	for i := range cfg.Shops {
		for _, source := range config.Sources {
			name := config.SecretName(source, cfg.Shops[i].ID)
			names = append(names, name, name+nextSuffix)
		}
	}
	return names
}

// meant asks for the one of some words that was likely meant.
func meant(word string, known []string) string {
	if near := config.Meant(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// hookSecret is the name of the secret of a shop's source.
func hookSecret(shop, source string) (string, error) {
	switch {
	case !shopName.MatchString(shop):
		return "", misused("shop %q: want its id in the configuration: lower-case letters, digits and -", shop)
	case !slices.Contains(config.Sources[:], source):
		return "", misused("source %q: want one of %s%s", source, strings.Join(config.Sources[:], ", "), meant(source, config.Sources[:]))
	}
	return config.SecretName(source, followup.ShopID(shop)), nil
}

// secretLimit is how long a parameter of the standard tier may be, in bytes.
const secretLimit = 4096

// text makes or reads the secret. A line end behind it is not part of it.
func (v *secretsSetVerb) text(in io.Reader) (string, error) {
	if v.Generate {
		b := make([]byte, 32)
		_, _ = rand.Read(b) // never fails
		return "whsec_" + base64.StdEncoding.EncodeToString(b), nil
	}
	raw, err := io.ReadAll(io.LimitReader(in, secretLimit+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("read standard input: %w", err)
	case len(raw) > secretLimit:
		return "", fmt.Errorf("more than %d bytes on standard input; want the secret alone", secretLimit)
	}
	text := strings.TrimRight(string(raw), "\r\n")
	kind := v.Source
	if v.Shop == linkKey || v.Shop == contactKey || v.Shop == sessionKey {
		kind = "link"
	}
	if strings.HasPrefix(v.Shop, genericSecrets) {
		kind = "generic"
	}
	if err := config.CheckSecret(kind, text); err != nil {
		return "", err
	}
	if kind == "generic" && secretBytes(text) < leastSecret {
		return "", fmt.Errorf("value not shown; want at least %d bytes, or whoever guesses it makes up orders: --generate makes one", leastSecret)
	}
	return text, nil
}

// genericSecrets begin the names of the secrets of source generic.
const genericSecrets = "AFTERSALES_GENERIC_SECRET_"

// leastSecret is how many bytes the secret of source generic has at least: serve
// warns of fewer.
const leastSecret = 16

// secretBytes counts the bytes of the key in a secret of Standard Webhooks.
func secretBytes(text string) int {
	coded, found := strings.CutPrefix(text, "whsec_")
	if !found {
		return len(text)
	}
	return base64.RawStdEncoding.DecodedLen(len(strings.TrimRight(coded, "=")))
}

type secretsRotateVerb struct {
	Shop    string        `arg:"" optional:"" help:"A shop, with a source: its next secret becomes the only one."`
	Source  string        `arg:"" optional:"" help:"The source: generic or shopify."`
	Session bool          `help:"Replace the key of the console's sessions instead: every operator logs in anew."`
	Wait    time.Duration `default:"7m" help:"How long every function may take to know a key before links are signed with it."`
}

// Run rotates what is named.
func (v *secretsRotateVerb) Run(ctx context.Context, s *shell) error {
	name := ""
	if v.Shop != "" {
		var err error
		if name, err = hookSecret(v.Shop, v.Source); err != nil {
			return err
		}
	}
	if v.Session && name != "" {
		return misused("say --session, or a shop and a source")
	}
	if err := s.known(v.Shop); err != nil {
		return err
	}
	secrets, err := s.secrets(ctx)
	switch {
	case err != nil:
		return err
	case v.Session:
		if err := secrets.Put(ctx, sessionKey, newKey()); err != nil {
			return err
		}
		s.printf("%s is new; every operator logs in anew within six minutes.\n", sessionKey)
		return nil
	case name != "":
		return v.promote(ctx, s, secrets, name)
	default:
		return v.links(ctx, s, secrets)
	}
}

// promote makes the next secret the only one. It is written under the first name
// before it goes from the second: it is live at every moment.
func (v *secretsRotateVerb) promote(ctx context.Context, s *shell, secrets *params.Secrets, name string) error {
	next, err := secrets.Secret(ctx, name+nextSuffix)
	switch {
	case err != nil:
		return err
	case next == "":
		return fmt.Errorf("there is no %s%s; set it first: aftersales secrets set %s %s --next --stack %s", name, nextSuffix, v.Shop, v.Source, s.Stack)
	}
	if err := secrets.Put(ctx, name, next); err != nil {
		return err
	}
	if err := secrets.Delete(ctx, name+nextSuffix); err != nil {
		return err
	}
	s.printf("%s is the next one now; the one before ends within five minutes.\n", name)
	return nil
}

// retiredKeys bounds the list of retired link keys, so that it fits a parameter.
const retiredKeys = 60

// links makes a new link key. First every function learns to verify by it, only
// then links are signed with it; the old ones verify as long as their links live.
func (v *secretsRotateVerb) links(ctx context.Context, s *shell, secrets *params.Secrets) error {
	current, err := secrets.Secret(ctx, linkKey)
	if err != nil {
		return err
	}
	if current == "" {
		return fmt.Errorf("there is no %s yet; make it with aftersales secrets init --stack %s", linkKey, s.Stack)
	}
	old, err := secrets.Secret(ctx, linkKeyOld)
	if err != nil {
		return err
	}
	next := newKey()
	keys := []string{next, current}
	for word := range strings.SplitSeq(old, ",") {
		if word = strings.TrimSpace(word); word != "" && !slices.Contains(keys, word) {
			keys = append(keys, word)
		}
	}
	if len(keys) > retiredKeys {
		return fmt.Errorf("there are %d retired link keys; take the oldest out of %s first, whose links stop working then", len(keys)-1, linkKeyOld)
	}
	if err := secrets.Put(ctx, linkKeyOld, strings.Join(keys, ",")); err != nil {
		return err
	}
	s.printf("A new key verifies links. In %s, when every function knows it, it signs them as well; stopping now is harmless.\n", v.Wait)
	timer := time.NewTimer(v.Wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	if err := secrets.Put(ctx, linkKey, next); err != nil {
		return err
	}
	s.printf("%s is new; links of the old keys go on working.\n", linkKey)
	return nil
}
