package main

import (
	"aftersales/internal/config"
	"aftersales/messages"
	"aftersales/plans"
)

// initVerb writes a folder to start with.
type initVerb struct {
	Dir   string `arg:"" help:"Folder to write to; it is made when it is not there."`
	Force bool   `help:"Overwrite files of the same name."`
	JSON  bool   `name:"json" help:"Print the files as JSON."`
}

// Run writes the files and says what to do next.
func (v *initVerb) Run(s *shell) error {
	if err := s.here("init"); err != nil {
		return err
	}
	done, err := config.Init(v.Dir, config.Start{Plans: plans.Files(), Messages: messages.Files(), Force: v.Force})
	if err != nil {
		return err
	}
	if v.JSON {
		return s.json(struct {
			Files []string `json:"files"`
			Next  []string `json:"next"`
		}{done.Files, done.Next})
	}
	for _, f := range done.Files {
		s.printf("wrote %s\n", f)
	}
	s.printf("\nNext:\n")
	for i, n := range done.Next {
		s.printf("  %d. %s\n", i+1, n)
	}
	return nil
}
