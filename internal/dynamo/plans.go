package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"aftersales/internal/followup"
)

// planKey is the collection of a shop's plans. No journey has such an id.
func planKey(shop followup.ShopID) string { return "PLAN#" + string(shop) }

const sortVersion = "N#"

func versionSort(p *followup.PlanDoc) string {
	return short(sortVersion + escapeSource.Replace(p.Name) + "#" + strconv.Itoa(p.Version))
}

// planShops are those that plans are stored for: "" has the plans of every shop.
func (s *Store) planShops() []followup.ShopID {
	return append([]followup.ShopID{""}, s.c.Shops...)
}

// planDoc is a plan as it is kept.
type planDoc struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Source  []byte `json:"source"` // gzipped
}

// Plan returns the plan with that hash, whichever shop it was stored for, or
// ErrNotFound.
func (s *Store) Plan(ctx context.Context, hash string) (followup.PlanDoc, error) {
	if err := alive(ctx, "load plan"); err != nil {
		return followup.PlanDoc{}, err
	}
	if len(s.c.Shops) == 0 {
		return followup.PlanDoc{}, fmt.Errorf("load plan %s: %w", hash, errNoShops)
	}
	for _, shop := range s.planShops() {
		it, err := s.get(ctx, s.t.Journeys, key(planKey(shop), hash))
		if err != nil {
			return followup.PlanDoc{}, fmt.Errorf("load plan %s: %w", hash, err)
		}
		if it != nil {
			return s.plan(shop, it)
		}
	}
	return followup.PlanDoc{}, fmt.Errorf("load plan %s: %w", hash, followup.ErrNotFound)
}

func (s *Store) plan(shop followup.ShopID, it item) (followup.PlanDoc, error) {
	p := followup.PlanDoc{Hash: it.text(attrSK), Shop: shop}
	var doc planDoc
	err := s.packs.unpack(it.body(), &doc)
	if err == nil {
		p.Name, p.Version = doc.Name, doc.Version
		p.Source, err = unzip(doc.Source)
	}
	if err != nil {
		return p, fmt.Errorf("read plan %s: %w", p.Hash, err)
	}
	return p, nil
}

// SavePlan stores p; repeating it is nil. The version is taken before the plan is
// written, so that no other content can come between.
func (s *Store) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	if err := alive(ctx, "save plan"); err != nil {
		return err
	}
	if err := s.savePlan(ctx, &p); err != nil {
		return fmt.Errorf("save plan %s version %d: %w", p.Name, p.Version, err)
	}
	return nil
}

func (s *Store) savePlan(ctx context.Context, p *followup.PlanDoc) error {
	if p.Hash == "" {
		return errors.New("it has no hash")
	}
	number, doc := key(planKey(p.Shop), versionSort(p)), key(planKey(p.Shop), p.Hash)
	kept, err := s.batchGet(ctx, s.t.Journeys, []item{number, doc})
	if err != nil {
		return err
	}
	taken, stored := "", false
	for _, it := range kept {
		if it.text(attrSK) == p.Hash {
			stored = true
		} else {
			taken = it.text(attrHash)
		}
	}
	if taken == "" {
		number[attrHash] = text(p.Hash)
		w, err := s.put(ctx, s.t.Journeys, number, condition{"attribute_not_exists(pk) OR h = :h", item{":h": text(p.Hash)}})
		if err != nil {
			return err
		}
		taken = p.Hash
		if !w.done {
			taken = w.old.text(attrHash)
		}
	}
	if taken != p.Hash {
		return &followup.VersionReused{Hash: taken}
	}
	if stored {
		return nil
	}
	return s.putPlan(ctx, doc, p)
}

func (s *Store) putPlan(ctx context.Context, it item, p *followup.PlanDoc) error {
	source, err := zip(p.Source)
	if err != nil {
		return err
	}
	body, err := s.packs.pack(planDoc{p.Name, p.Version, source})
	if err != nil {
		return err
	}
	it[attrBody] = bytesOf(body)
	_, err = s.put(ctx, s.t.Journeys, it, atVersion(0)) // there already: the same content
	return err
}

// PlanDocs returns every stored plan, by shop, name and version.
func (s *Store) PlanDocs(ctx context.Context) ([]followup.PlanDoc, error) {
	if err := alive(ctx, "list plans"); err != nil {
		return nil, err
	}
	var out []followup.PlanDoc
	for _, shop := range s.planShops() {
		err := s.query(ctx, s.between(s.t.Journeys, planKey(shop), "!", "~"), func(it item) (bool, error) {
			if it.body() == nil { // a version, not a plan
				return true, nil
			}
			p, err := s.plan(shop, it)
			out = append(out, p)
			return true, err
		})
		if err != nil {
			return nil, fmt.Errorf("list plans: %w", err)
		}
	}
	slices.SortFunc(out, func(a, b followup.PlanDoc) int {
		return cmp.Or(cmp.Compare(a.Shop, b.Shop), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}
