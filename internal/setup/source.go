package setup

import (
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/internal/ready"
)

// Source is a configuration with its files, read when they are asked for.
type Source struct {
	Config *config.Config
	Inputs Inputs
}

// Files reads plans and catalogue; its error names every fault at once.
func (s Source) Files() (ready.Files, error) {
	f, err := Read(s.Config, s.Inputs)
	return f.Files, err
}

// Composer reads all messages.
func (s Source) Composer(links *link.Links) (followup.Composer, error) {
	return composer(s.Inputs.of(s.Config).Messages, links)
}
