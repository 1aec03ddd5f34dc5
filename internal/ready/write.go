package ready

import (
	"encoding/json"
	"fmt"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// FileName is what a shop's folder is read and written as at a deployment.
const FileName = "ready.json"

// wireShop is what the functions need of a shop's folder, but the messages.
type wireShop struct {
	Business  string                         `json:"business"`
	Shops     []followup.Shop                `json:"shops"`
	Holidays  map[string]map[civil.Date]bool `json:"holidays,omitempty"`
	Plans     []wirePlan                     `json:"plans"`
	Sources   [][]byte                       `json:"sources"` // of the plans, as they are stored
	Catalogue *followup.Catalogue            `json:"catalogue"`
	Messages  string                         `json:"messages,omitempty"` // folder in the shop's; "" those built in
}

// Write writes configuration, plans and catalogue for [Read]. The folder of
// messages is written as c has it.
func Write(c *config.Config, f Files) ([]byte, error) {
	w := wireShop{Business: c.Business, Shops: c.Shops, Holidays: c.Holidays, Catalogue: f.Catalogue, Messages: c.Messages}
	for i, p := range f.Plans {
		one, err := wire(p)
		if err != nil {
			return nil, fmt.Errorf("write plan %s: %w", p.Name, err)
		}
		w.Plans, w.Sources = append(w.Plans, one), append(w.Sources, f.Docs[i].Source)
	}
	return json.Marshal(w) //nolint:musttag // plans and shops are read and written by the same program, by the names of their fields
}

// Read reads what Write wrote. Of the configuration there is what names and
// describes shops. Shops that state no address of their pages get base.
func Read(text []byte, base string) (*config.Config, Files, error) {
	var w wireShop
	if err := json.Unmarshal(text, &w); err != nil {
		return nil, Files{}, fmt.Errorf("read shop: %w", err)
	}
	if len(w.Shops) == 0 || len(w.Sources) != len(w.Plans) {
		return nil, Files{}, fmt.Errorf("read shop: %d shops, %d plans, %d sources: build the functions anew", len(w.Shops), len(w.Plans), len(w.Sources))
	}
	for i := range w.Shops {
		if w.Shops[i].PublicURL == "" {
			w.Shops[i].PublicURL = base
		}
	}
	f := Files{Catalogue: w.Catalogue}
	for i := range w.Plans {
		p := w.Plans[i].plan()
		f.Plans = append(f.Plans, p)
		f.Docs = append(f.Docs, followup.PlanDoc{Hash: p.Hash, Shop: p.Shop, Name: p.Name, Version: p.Version, Source: w.Sources[i]})
	}
	return &config.Config{Business: w.Business, Shops: w.Shops, Holidays: w.Holidays, Messages: w.Messages}, f, nil
}
