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

// Digest names the plans and the catalogue.
func (f Files) Digest() string {
	hashes := make([]string, 0, len(f.Plans))
	for _, p := range f.Plans {
		hashes = append(hashes, p.Hash+pause(p))
	}
	return digest(hashes, f.Catalogue)
}

// pause tells a plan that rests, which its hash does not.
func pause(p *followup.Plan) string {
	if p.Paused {
		return " paused"
	}
	return ""
}

// Fingerprint names all that a plan's meaning hangs on, but the journeys: when it
// changes, every journey has to be reconciled. files are named by their digest.
func Fingerprint(c *config.Config, files string) string { return digest(files, c.Shops, c.Holidays) }

// Fingerprint names the same of a configuration and these files.
func (f Files) Fingerprint(c *config.Config) string { return Fingerprint(c, f.Digest()) }

func digest(of ...any) string {
	text, err := json.Marshal(of)
	if err != nil {
		return "" // never equal to a kept one: reconciles at each start
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
