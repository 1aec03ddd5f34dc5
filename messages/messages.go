// Package messages holds the ready-made messages: one folder each, in it one Markdown file per language. The folders
// footer and open-case are parts of messages: what stands under every mail, and what is said first to somebody whose
// problem is still open.
package messages

import (
	"embed"
	"io/fs"
)

//go:embed */*.md
var files embed.FS

// Files returns the ready-made messages, as <message>/<language>.md.
func Files() fs.FS { return files }
