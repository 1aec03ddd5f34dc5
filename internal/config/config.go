// Package config turns the configuration file and the environment into
// structs. It is the only reader of the environment, and it reports every
// fault at once. Secrets come from the environment alone.
package config

import (
	"aftersales/internal/civil"
	"aftersales/internal/followup"
)

// FileName is how the configuration file is called by default.
const FileName = "aftersales.yaml"

// Config is all that can be set. Paths are as they can be opened: those of the
// file are joined to its folder.
type Config struct {
	Business string // namespace of the ids of customers; it must never change
	Listen   string // host:port of what customers and hooks reach; default 127.0.0.1:8080
	Console  string // host:port of what operators reach, on this machine; default 127.0.0.1:8081
	Data     string // folder of the database and the mailbox, which need not exist yet
	Plans    string // folder of plan files
	Messages string // folder of messages; "" those built in
	Products string // the catalogue's file; "" none

	Shops    []followup.Shop                // at least one, in the order of the file
	Email    Email                          //
	Call     Call                           //
	Holidays map[string]map[civil.Date]bool // by country, ISO 3166 alpha-2 in capitals

	Hooks    map[followup.ShopID]map[string][]Secret // by shop and source; a source without a secret is off
	LinkKeys []Secret                                // the first signs links, the others are retired; none: make one

	Warnings []string // what is no fault but may surprise, a sentence each with its place
}

// Shop returns the shop of that id.
func (c *Config) Shop(id followup.ShopID) (followup.Shop, bool) {
	for _, s := range c.Shops {
		if s.ID == id {
			return s, true
		}
	}
	return followup.Shop{}, false
}

// Redacted gives a copy without any secret that still tells which are set. No
// way of printing it, reflection included, can show one.
func (c *Config) Redacted() *Config {
	r := *c
	r.Email.SMTP.Password = redacted(c.Email.SMTP.Password)
	r.LinkKeys = redactedAll(c.LinkKeys)
	r.Hooks = map[followup.ShopID]map[string][]Secret{}
	for shop, sources := range c.Hooks {
		r.Hooks[shop] = map[string][]Secret{}
		for source, secrets := range sources {
			r.Hooks[shop][source] = redactedAll(secrets)
		}
	}
	return &r
}

func redacted(s Secret) Secret {
	if s.Set() {
		return Secret{s.String()}
	}
	return Secret{}
}

func redactedAll(all []Secret) []Secret {
	out := make([]Secret, len(all))
	for i, s := range all {
		out[i] = redacted(s)
	}
	return out
}
