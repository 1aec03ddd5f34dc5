package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"aftersales/internal/followup"
)

// wordSource names bodies of our own in the inbox: what a person said on consent.
const wordSource = "word"

// word is such a body. It carries no personal data.
type word struct {
	Contact followup.ContactID `json:"contact"`
	Words   []followup.Consent `json:"words"`
}

// Consent records a customer's word about purposes on a channel (unsubscribe,
// preferences) and reconciles the open journeys of the contact. A yes, which may
// plan something in each of them, waits in the inbox until all of that is done: a
// process that dies in between goes on with it. A no needs no such care, since
// it is asked for again before anything is sent.
func (e *Engine) Consent(ctx context.Context, now time.Time, id followup.ContactID, words []followup.Consent) error {
	if !slices.ContainsFunc(words, func(k followup.Consent) bool { return k.Given }) {
		return e.consent(ctx, now, id, words)
	}
	cs, err := e.c.Store.Contacts(ctx, []followup.ContactID{id})
	if err != nil {
		return fmt.Errorf("load contact: %w", err)
	}
	if len(cs[0].Orders) == 0 {
		return e.consent(ctx, now, id, words)
	}
	body, err := json.Marshal(word{id, words})
	if err != nil {
		return fmt.Errorf("keep a word on consent: %w", err)
	}
	shop, _ := cs[0].Orders[0].Split()
	sum := sha256.Sum256(body)
	name := hex.EncodeToString(sum[:])
	in := followup.Incoming{InboxKey: followup.InboxKey{Shop: shop, Source: wordSource, Key: name}, Hash: name, Body: body, At: now}
	if _, err := e.c.Store.Accept(ctx, []followup.Incoming{in}); err != nil {
		return fmt.Errorf("keep a word on consent: %w", err)
	}
	return e.word(ctx, now, in)
}

// word does what a word on consent in the inbox asks for; doing it again changes nothing.
func (e *Engine) word(ctx context.Context, now time.Time, in followup.Incoming) error {
	var w word
	if err := json.Unmarshal(in.Body, &w); err != nil { // nothing but this program writes them
		return errors.Join(fmt.Errorf("read a word on consent: %w", err), e.c.Store.Done(ctx, []followup.InboxKey{in.InboxKey}, err.Error()))
	}
	if err := e.consent(ctx, now, w.Contact, w.Words); err != nil {
		return err
	}
	return e.c.Store.Done(ctx, []followup.InboxKey{in.InboxKey}, "")
}

// consent writes words on consent, and then what follows from them.
func (e *Engine) consent(ctx context.Context, now time.Time, id followup.ContactID, words []followup.Consent) error {
	ids, err := e.successors(ctx, id)
	if err != nil {
		return err
	}
	for _, id := range ids {
		err := e.updateContact(ctx, id, func(c *followup.Contact) bool {
			changed := false
			for _, k := range words {
				changed = c.Consent(k) || changed
			}
			return changed
		})
		if err != nil {
			return err
		}
		if err := e.AgainContact(ctx, now, id); err != nil {
			return err
		}
	}
	return nil
}
