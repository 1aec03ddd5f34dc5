package ready

import (
	"context"
	"errors"
	"fmt"

	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/source"
)

// Keys are the secrets that links and contact ids hang on.
type Keys struct {
	Links   [][]byte // the first signs, the others are retired; at least 32 bytes each
	Contact []byte   // of contact ids: it must never change, whatever becomes of the link keys
}

// Shop is a configuration ready for an engine, but for what it says. It is safe
// for concurrent use.
type Shop struct {
	Files
	Config *config.Config
	Shops  map[followup.ShopID]*followup.Shop
	Signer *link.Signer
	Links  *link.Links

	contact []byte
}

// New joins configuration, files and keys.
func New(c *config.Config, f Files, k Keys) (*Shop, error) {
	if len(k.Contact) == 0 {
		return nil, errors.New("make contact ids: no key")
	}
	s := &Shop{Files: f, Config: c, Shops: map[followup.ShopID]*followup.Shop{}, contact: secretOf(c, k.Contact)}
	for i := range c.Shops {
		s.Shops[c.Shops[i].ID] = &c.Shops[i]
	}
	var err error
	if s.Signer, err = link.New(k.Links...); err != nil {
		return nil, err
	}
	s.Links = link.NewLinks(s.Signer)
	return s, nil
}

// KeepPlans stores every plan, so that journeys can be pinned to it; changed
// content under an old number is refused here, all of it at once. A store that
// fails is asked once: the next plan would wait as long for the same answer.
func (s *Shop) KeepPlans(ctx context.Context, store followup.Plans) error {
	var errs []error
	for _, d := range s.Docs {
		err := store.SavePlan(ctx, d)
		switch {
		case errors.Is(err, followup.ErrVersionReused):
			errs = append(errs, fmt.Errorf("plan %s: version %d was used with other content: raise `version` to %d", d.Name, d.Version, d.Version+1))
		case err != nil:
			return errors.Join(append(errs, err)...)
		}
	}
	return errors.Join(errs...)
}

// Rules returns the settings of every shop, for reservations of that epoch.
func (s *Shop) Rules(epoch int) map[followup.ShopID]*followup.Rules {
	out := make(map[followup.ShopID]*followup.Rules, len(s.Shops))
	for id, shop := range s.Shops {
		out[id] = &followup.Rules{Shop: shop, Plans: s.Plans, Catalogue: s.Catalogue, Holidays: s.Config.Holidays, Epoch: epoch}
	}
	return out
}

// ContactKey names a contact by keyed hash.
func (s *Shop) ContactKey(kind, value string) followup.ContactID {
	return link.ContactID(s.contact, kind, value)
}

// ContactKey names contacts as a Shop of that configuration and key does.
func ContactKey(c *config.Config, key []byte) func(kind, value string) followup.ContactID {
	secret := secretOf(c, key)
	return func(kind, value string) followup.ContactID { return link.ContactID(secret, kind, value) }
}

// secretOf is what contact ids hang on: two businesses with one key know
// different people.
func secretOf(c *config.Config, key []byte) []byte { return append([]byte(c.Business+"\x00"), key...) }

// Read translates a body of the inbox. It is pure: nothing is written.
func (s *Shop) Read(in followup.Incoming) (engine.Reading, error) {
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

// Fingerprint names all that a plan's meaning hangs on, see [Fingerprint].
func (s *Shop) Fingerprint() string { return Fingerprint(s.Config, s.Digest()) }
