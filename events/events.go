// Package events holds bodies as stores post them, one per trigger and case:
// for the demo, for tests and to try things by hand. README.md names where
// each comes from.
package events

import "embed"

// Files are the bodies: generic/TYPE.json, shopify/*.json (published by
// Shopify) and shopify-made/*.json (made after its documentation).
//
//go:embed generic/*.json shopify/*.json shopify-made/*.json schema.json
var Files embed.FS
