package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	refused, err := f.keepEach(ctx, s)
	if err != nil {
		return err
	}
	if err := f.noteRefused(ctx, refused); err != nil {
		return err
	}
	if len(refused) > 0 {
		now = notKept
	}
	if version > 0 && string(kept) == string(now) {
		return nil
	}
	return ignoreConflict(f.Store.SetRecord(ctx, plansRecord, now, version)) // another sandbox kept them
}

// notKept stands for plans of which one was refused. No deployment has it for its
// own, so every new sandbox tries again, one of the deployment before this, too.
var notKept = []byte(`"refused"`)

// Refused is a plan of the deployment whose version the stack knows with other
// content: orders follow what the stack knows until the version is raised.
type Refused struct {
	Shop    followup.ShopID `json:"shop,omitempty"` // "" of all
	Plan    string          `json:"plan"`
	Version int             `json:"version"`
}

// refusedRecord keeps what was refused of the deployment that runs.
const refusedRecord = "plans#refused"

// keepEach stores every plan. One that is refused is replaced by what the stack
// knows under its version: a mistake in a file must not stop what orders wait for.
func (f *Form) keepEach(ctx context.Context, s *ready.Shop) (refused []Refused, err error) {
	s.Plans = slices.Clone(s.Plans) // the next Work of this sandbox begins with the files again
	for i, d := range s.Docs {
		if err := keepReady(ctx, f.Store, d.Hash, s.Plans[i]); err != nil {
			return nil, err
		}
		err := f.Store.SavePlan(ctx, d)
		by, reused := errors.AsType[*followup.VersionReused](err)
		if err != nil && !reused {
			return nil, err
		}
		if !reused {
			continue
		}
		if s.Plans[i], err = f.stored(followup.PlanDoc{Hash: by.Hash, Name: d.Name, Version: d.Version}); err != nil { //nolint:contextcheck // as engines ask for it
			return nil, err
		}
		refused = append(refused, Refused{d.Shop, d.Name, d.Version})
		f.Log.ErrorContext(ctx, "plan refused: its version was used with other content", "plan", d.Name, "version", d.Version, "raise_to", d.Version+1)
	}
	return refused, nil
}

// noteRefused keeps what was refused, for people to see. The alarm rings for what
// was not kept before: once a version, not with every sandbox.
func (f *Form) noteRefused(ctx context.Context, refused []Refused) error {
	now, err := json.Marshal(append([]Refused{}, refused...))
	if err != nil {
		return err
	}
	kept, version, err := f.Store.Record(ctx, refusedRecord)
	if err != nil || string(kept) == string(now) || version == 0 && len(refused) == 0 {
		return err
	}
	var known []Refused
	if version > 0 {
		if err := json.Unmarshal(kept, &known); err != nil {
			return fmt.Errorf("read refused plans: %w", err)
		}
	}
	if err := f.Store.SetRecord(ctx, refusedRecord, now, version); err != nil {
		return ignoreConflict(err) // another sandbox kept it, and rang
	}
	for _, r := range refused {
		if !slices.Contains(known, r) {
			f.metrics.put(f.Now(), metricPlans, "Count", 1)
		}
	}
	return nil
}

// Refused returns the plans of the deployment that the stack does not follow.
func (f *Form) Refused(ctx context.Context) (out []Refused, err error) {
	text, version, err := f.Store.Record(ctx, refusedRecord)
	if err != nil || version == 0 {
		return nil, err
	}
	if err := json.Unmarshal(text, &out); err != nil {
		return nil, fmt.Errorf("read refused plans: %w", err)
	}
	return out, nil
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
