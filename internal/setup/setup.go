package setup

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/plan"
	"aftersales/internal/source"
	"aftersales/messages"
)

// Keys are the secrets that links and contact ids hang on.
type Keys struct {
	Links   [][]byte // the first signs, the others are retired; at least 32 bytes each
	Contact []byte   // of contact ids: it must never change, whatever becomes of the link keys
}

// Setup is a configuration ready for an engine. It is safe for concurrent use.
type Setup struct {
	Config    *config.Config
	Plans     []*followup.Plan
	Catalogue *followup.Catalogue
	Shops     map[followup.ShopID]*followup.Shop
	Signer    *link.Signer
	Links     *link.Links
	Composer  *compose.Composer

	docs    []followup.PlanDoc
	contact []byte
}

// New joins configuration, files and keys; its error names every message that
// a plan asks for and nobody wrote.
func New(c *config.Config, f Files, k Keys) (*Setup, error) {
	if len(k.Contact) == 0 {
		return nil, errors.New("make contact ids: no key")
	}
	s := &Setup{
		Config: c, Plans: f.Plans, Catalogue: f.Catalogue, Shops: map[followup.ShopID]*followup.Shop{},
		docs: f.Docs, contact: secretOf(c, k.Contact),
	}
	for i := range c.Shops {
		s.Shops[c.Shops[i].ID] = &c.Shops[i]
	}
	var err error
	if s.Signer, err = link.New(k.Links...); err != nil {
		return nil, err
	}
	s.Links = link.NewLinks(s.Signer)
	if s.Composer, err = compose.New(compose.Options{Messages: f.messages, Defaults: messages.Files(), Links: s.Links}); err != nil {
		return nil, err
	}
	return s, s.unwritten()
}

// unwritten names the messages that plans ask for and that do not exist.
func (s *Setup) unwritten() error {
	var missing plan.Faults
	for _, p := range s.Plans {
		for i := range p.Steps {
			if step := &p.Steps[i]; !s.Composer.Has(step.Message) {
				missing = append(missing, plan.Fault{
					File: p.Name, Path: "steps." + step.ID + ".message", Cause: fmt.Sprintf("there is no message %q", step.Message),
					Mend: fmt.Sprintf("write messages/%s/en.md, or name one that exists", step.Message),
				})
			}
		}
	}
	return missing.Err()
}

// KeepPlans stores every plan, so that journeys can be pinned to it; changed
// content under an old number is refused here.
func (s *Setup) KeepPlans(ctx context.Context, store followup.Plans) error {
	var errs []error
	for _, d := range s.docs {
		err := store.SavePlan(ctx, d)
		if errors.Is(err, followup.ErrVersionReused) {
			err = fmt.Errorf("plan %s: version %d was used with other content: raise `version` to %d", d.Name, d.Version, d.Version+1)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// Rules returns the settings of every shop, for reservations of that epoch.
func (s *Setup) Rules(epoch int) map[followup.ShopID]*followup.Rules {
	out := make(map[followup.ShopID]*followup.Rules, len(s.Shops))
	for id, shop := range s.Shops {
		out[id] = &followup.Rules{Shop: shop, Plans: s.Plans, Catalogue: s.Catalogue, Holidays: s.Config.Holidays, Epoch: epoch}
	}
	return out
}

// ContactKey names a contact by keyed hash.
func (s *Setup) ContactKey(kind, value string) followup.ContactID {
	return link.ContactID(s.contact, kind, value)
}

// ContactKey names contacts as a Setup of that configuration and key does.
func ContactKey(c *config.Config, key []byte) func(kind, value string) followup.ContactID {
	secret := secretOf(c, key)
	return func(kind, value string) followup.ContactID { return link.ContactID(secret, kind, value) }
}

// secretOf is what contact ids hang on: two businesses with one key know
// different people.
func secretOf(c *config.Config, key []byte) []byte { return append([]byte(c.Business+"\x00"), key...) }

// Read translates a body of the inbox. It is pure: nothing is written.
func (s *Setup) Read(in followup.Incoming) (engine.Reading, error) {
	src, ok := source.Lookup(in.Source)
	shop := s.Shops[in.Shop]
	if !ok || shop == nil {
		return engine.Reading{}, fmt.Errorf("source %q of shop %q is not configured any more", in.Source, in.Shop)
	}
	t, err := src.Translate(in, source.Env{Shop: shop, ContactKey: s.ContactKey})
	if err != nil {
		return engine.Reading{}, err
	}
	return engine.Reading{Events: t.Events, Erase: t.Erase, EraseShop: t.EraseShop, Ignored: t.Ignored}, nil
}

// Fingerprint names all that a plan's meaning hangs on, see [Files.Fingerprint].
func (s *Setup) Fingerprint() string { return fingerprint(s.Config, s.Plans, s.Catalogue) }
