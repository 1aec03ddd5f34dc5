package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set by the linker: -X main.version=1.0.0.
var version string

// programVersion is the linker's, else what the build knows of its commit.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if version != "" || !ok {
		return cmp.Or(version, "unknown")
	}
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	if revision != "" {
		return revision + dirty
	}
	return cmp.Or(strings.Trim(info.Main.Version, "()"), "unknown") // (devel)
}

// versionVerb prints the version.
type versionVerb struct {
	JSON bool `name:"json" help:"Print as JSON."`
}

// Run prints it.
func (v *versionVerb) Run(s *shell) error {
	if v.JSON {
		return s.json(struct {
			Version  string `json:"version"`
			Go       string `json:"go"`
			Platform string `json:"platform"`
		}{programVersion(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH})
	}
	s.printf("aftersales %s (%s, %s/%s)\n", programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return nil
}
