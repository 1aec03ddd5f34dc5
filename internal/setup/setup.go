package setup

import (
	"fmt"
	"io/fs"

	"aftersales/internal/compose"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/plan"
	"aftersales/internal/ready"
	"aftersales/messages"
)

// Keys are the secrets that links and contact ids hang on.
type Keys = ready.Keys

// Setup is a configuration ready for an engine, messages included. It is safe for
// concurrent use.
type Setup struct {
	*ready.Shop
	Composer *compose.Composer
}

// New joins configuration, files and keys; its error names every message that
// a plan asks for and nobody wrote.
func New(c *config.Config, f Files, k Keys) (*Setup, error) {
	shop, err := ready.New(c, f.Files, k)
	if err != nil {
		return nil, err
	}
	s := &Setup{Shop: shop}
	if s.Composer, err = composer(f.messages, shop.Links); err != nil {
		return nil, err
	}
	return s, unwritten(f.Plans, s.Composer)
}

func composer(own fs.FS, links *link.Links) (*compose.Composer, error) {
	return compose.New(compose.Options{Messages: own, Defaults: messages.Files(), Links: links})
}

// unwritten names the messages that plans ask for and that do not exist.
func unwritten(plans []*followup.Plan, c *compose.Composer) error {
	var missing plan.Faults
	for _, p := range plans {
		for i := range p.Steps {
			if step := &p.Steps[i]; !c.Has(step.Message) {
				missing = append(missing, plan.Fault{
					File: p.Name, Path: "steps." + step.ID + ".message", Cause: fmt.Sprintf("there is no message %q", step.Message),
					Mend: fmt.Sprintf("write messages/%s/en.md, or name one that exists", step.Message),
				})
			}
		}
	}
	return missing.Err()
}
