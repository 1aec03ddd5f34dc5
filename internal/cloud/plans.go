package cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"aftersales/internal/followup"
	"aftersales/internal/ready"
)

// planRecord keeps a plan as functions read it, by its hash: they are built without
// the parser of its source.
const planRecord = "plan#"

// keepPlans stores the plans unless these very ones were stored before, so that
// a cold start costs one read.
func (f *Form) keepPlans(ctx context.Context, s *ready.Shop) error {
	now, err := json.Marshal(s.Fingerprint())
	if err != nil {
		return err
	}
	kept, version, err := f.Store.Record(ctx, plansRecord)
	if err != nil || version > 0 && string(kept) == string(now) {
		return err
	}
	for _, p := range s.Plans {
		if err := keepReady(ctx, f.Store, p.Hash, p); err != nil {
			return err
		}
	}
	if err := s.KeepPlans(ctx, f.Store); err != nil {
		return err
	}
	return ignoreConflict(f.Store.SetRecord(ctx, plansRecord, now, version)) // another sandbox kept them
}

// keepReady keeps a plan as functions read it.
func keepReady(ctx context.Context, store followup.Records, hash string, p *followup.Plan) error {
	name := planRecord + hash
	_, version, err := store.Record(ctx, name)
	if err != nil {
		return err
	}
	text, err := ready.WritePlan(p)
	if err != nil {
		return err
	}
	return ignoreConflict(store.SetRecord(ctx, name, text, version))
}

// storedTime bounds the reading of a stored plan.
const storedTime = 5 * time.Second

// stored reads a plan that was stored, as an engine asks for it.
func (f *Form) stored(d followup.PlanDoc) (*followup.Plan, error) {
	ctx, cancel := context.WithTimeout(context.Background(), storedTime)
	defer cancel()
	text, version, err := f.Store.Record(ctx, planRecord+d.Hash)
	switch {
	case err != nil:
		return nil, err
	case version == 0:
		return nil, fmt.Errorf("plan %s version %d is stored without what functions read of it: import it again", d.Name, d.Version)
	}
	return ready.ReadPlan(text)
}

// importing is the store of a stack into which plans come from elsewhere.
type importing struct {
	Table
	parse func(followup.PlanDoc) (*followup.Plan, error)
}

// SavePlan stores a plan, and before it what functions read of it.
func (i *importing) SavePlan(ctx context.Context, d followup.PlanDoc) error {
	p, err := i.parse(d)
	if err != nil {
		return err
	}
	if err := keepReady(ctx, i.Table, d.Hash, p); err != nil {
		return err
	}
	return i.Table.SavePlan(ctx, d)
}
