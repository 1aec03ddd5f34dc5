package setup

import (
	"fmt"
	"io/fs"
	"strings"

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

// New joins configuration, files and keys; its error names every shop and
// message that a plan asks for and that is not there.
func New(c *config.Config, f Files, k Keys) (*Setup, error) {
	shop, err := ready.New(c, f.Files, k)
	if err != nil {
		return nil, err
	}
	s := &Setup{Shop: shop}
	if s.Composer, err = composer(f.messages, shop.Links); err != nil {
		return nil, err
	}
	return s, misfits(c, f.Plans, s.Composer)
}

func composer(own fs.FS, links *link.Links) (*compose.Composer, error) {
	return compose.New(compose.Options{Messages: own, Defaults: messages.Files(), Links: links})
}

// misfits names what plans refer to and is not there: shops, and messages that
// fit their steps.
func misfits(config *config.Config, plans []*followup.Plan, c *compose.Composer) error {
	var faults plan.Faults
	for _, p := range plans {
		if cause, mend := Stranger(config, p); cause != "" {
			faults = append(faults, plan.Fault{File: p.Name, Path: "shop", Cause: cause, Mend: mend})
		}
		for i := range p.Steps {
			if err := c.Check(p.Steps[i]); err != nil {
				faults = append(faults, plan.Fault{File: p.Name, Path: "steps." + p.Steps[i].ID + ".message", Cause: err.Error()})
			}
		}
	}
	return faults.Err()
}

// Stranger says what is wrong when a plan is for a shop that the configuration
// does not have, so that it would be for no order at all; "" when nothing is.
func Stranger(c *config.Config, p *followup.Plan) (cause, mend string) {
	if _, ok := c.Shop(p.Shop); ok || p.Shop == "" {
		return "", ""
	}
	ids := make([]string, len(c.Shops))
	for i := range c.Shops {
		ids[i] = string(c.Shops[i].ID)
	}
	return fmt.Sprintf("no shop is named %q", p.Shop), "there is " + strings.Join(ids, ", ") + "; without shop a plan is for all"
}
