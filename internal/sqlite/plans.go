package sqlite

import (
	"context"
	"fmt"

	"aftersales/internal/followup"
)

// Plan returns the plan with that hash, or ErrNotFound.
func (s *Store) Plan(ctx context.Context, hash string) (p followup.PlanDoc, err error) {
	err = s.query(ctx, "SELECT hash, shop, name, version, source FROM plan WHERE hash = ?", func(r row) error {
		p = scanPlan(r)
		return nil
	}, hash)
	if err == nil && p.Hash != hash {
		err = followup.ErrNotFound
	}
	if err != nil {
		return followup.PlanDoc{}, fmt.Errorf("load plan %s: %w", hash, err)
	}
	return p, nil
}

func scanPlan(r row) followup.PlanDoc {
	return followup.PlanDoc{
		Hash: r.text(0), Shop: followup.ShopID(r.text(1)), Name: r.text(2), Version: int(r.int(3)), Source: r.blob(4),
	}
}

// planOp is one call of SavePlan.
type planOp struct {
	p     followup.PlanDoc
	taken string // by which content, of the last apply; "" by none
}

// SavePlan stores p; repeating it is nil.
func (s *Store) SavePlan(ctx context.Context, p followup.PlanDoc) error {
	p.Source = append([]byte{}, p.Source...)
	o := &planOp{p: p}
	err := s.w.do(ctx, o)
	if err == nil && o.taken != "" {
		err = &followup.VersionReused{Hash: o.taken}
	}
	if err != nil {
		return fmt.Errorf("save plan %s version %d: %w", p.Name, p.Version, err)
	}
	return nil
}

func (o *planOp) want(*batch) {}

func (o *planOp) apply(b *batch) error {
	o.taken = ""
	err := b.w.conn.query("SELECT hash FROM plan WHERE shop = ? AND name = ? AND version = ?", func(r row) error {
		if hash := r.text(0); hash != o.p.Hash {
			o.taken = hash
		}
		return nil
	}, string(o.p.Shop), o.p.Name, o.p.Version)
	if err != nil || o.taken != "" {
		return err
	}
	return b.w.exec("INSERT INTO plan (hash, shop, name, version, source) VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING",
		o.p.Hash, string(o.p.Shop), o.p.Name, o.p.Version, o.p.Source)
}
