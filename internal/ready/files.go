// Package ready is a shop that was read and checked, as an engine runs on it. What
// reads a merchant's files is package setup; the functions on AWS read what it made
// of them at their deployment, and are built without its parsers.
package ready

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"aftersales/internal/config"
	"aftersales/internal/followup"
)

// Files are the merchant's own plans and catalogue, read and checked.
type Files struct {
	Plans     []*followup.Plan
	Docs      []followup.PlanDoc // of the same plans, as they are stored
	Catalogue *followup.Catalogue
}

// Fingerprint names all that a plan's meaning hangs on, but the journeys: when
// it changes, every journey has to be reconciled.
func (f Files) Fingerprint(c *config.Config) string {
	hashes := make([]string, 0, len(f.Plans))
	for _, p := range f.Plans {
		hashes = append(hashes, p.Hash)
	}
	text, err := json.Marshal([]any{hashes, f.Catalogue, c.Shops, c.Holidays})
	if err != nil {
		return "" // never equal to a kept one: reconciles at each start
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
