package ready

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// FileName is what a shop's folder is read and written as at a deployment.
const FileName = "ready.json"

// wireShop is what the functions need of a shop's folder, but the messages: one line
// of JSON. Plans and catalogue are a second one, which no start looks through
// before they are needed.
type wireShop struct {
	Business string                         `json:"business"`
	Shops    []followup.Shop                `json:"shops"`
	Holidays map[string]map[civil.Date]bool `json:"holidays"`
	Messages string                         `json:"messages,omitempty"` // folder in the shop's; "" those built in
	Digest   string                         `json:"digest"`             // of the files
}

type wireFiles struct {
	Plans     []wirePlan          `json:"plans"`
	Sources   [][]byte            `json:"sources"` // of the plans, as they are stored
	Catalogue *followup.Catalogue `json:"catalogue"`
}

// Write writes configuration, plans and catalogue for [Read]. The folder of
// messages is written as c has it.
func Write(c *config.Config, f Files) ([]byte, error) {
	files := wireFiles{Catalogue: f.Catalogue}
	for i, p := range f.Plans {
		one, err := wire(p)
		if err != nil {
			return nil, fmt.Errorf("write plan %s: %w", p.Name, err)
		}
		files.Plans, files.Sources = append(files.Plans, one), append(files.Sources, f.Docs[i].Source)
	}
	text, err := json.Marshal(files) //nolint:musttag // plans and shops are read and written by the same program, by the names of their fields
	if err != nil {
		return nil, err
	}
	shop, err := json.Marshal(wireShop{Business: c.Business, Shops: c.Shops, Holidays: c.Holidays, Messages: c.Messages, Digest: f.Digest()}) //nolint:musttag // likewise
	return slices.Concat(shop, []byte("\n"), text, []byte("\n")), err
}

// Packed is what Write wrote.
type Packed struct {
	w     wireShop
	files []byte
}

// Read reads what Write wrote, plans and catalogue not yet.
func Read(text []byte) (*Packed, error) {
	shop, files, two := bytes.Cut(text, []byte("\n"))
	if !two {
		return nil, errors.New("read shop: plans and catalogue are missing: build the functions anew")
	}
	p := Packed{files: files}
	if err := json.Unmarshal(shop, &p.w); err != nil {
		return nil, fmt.Errorf("read shop: %w", err)
	}
	if len(p.w.Shops) == 0 {
		return nil, errors.New("read shop: there is none: build the functions anew")
	}
	return &p, nil
}

// Config returns what names and describes shops. Those that state no address of
// their pages get base.
func (p *Packed) Config(base string) *config.Config {
	c := &config.Config{Business: p.w.Business, Shops: slices.Clone(p.w.Shops), Holidays: p.w.Holidays, Messages: p.w.Messages}
	for i := range c.Shops {
		if c.Shops[i].PublicURL == "" {
			c.Shops[i].PublicURL = base
		}
	}
	return c
}

// Digest names plans and catalogue, as [Files.Digest] does.
func (p *Packed) Digest() string { return p.w.Digest }

// Files reads plans and catalogue.
func (p *Packed) Files() (Files, error) {
	var w wireFiles
	if err := json.Unmarshal(p.files, &w); err != nil {
		return Files{}, fmt.Errorf("read plans: %w", err)
	}
	if len(w.Sources) != len(w.Plans) {
		return Files{}, fmt.Errorf("read plans: %d plans, %d sources: build the functions anew", len(w.Plans), len(w.Sources))
	}
	f := Files{Catalogue: w.Catalogue}
	for i := range w.Plans {
		one := w.Plans[i].plan()
		f.Plans = append(f.Plans, one)
		f.Docs = append(f.Docs, followup.PlanDoc{Hash: one.Hash, Shop: one.Shop, Name: one.Name, Version: one.Version, Source: w.Sources[i]})
	}
	return f, nil
}
