package setup

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"aftersales/internal/config"
	"aftersales/internal/plan"
	"aftersales/internal/ready"
)

// unknownBase stands for the address of a deployment that is not made yet.
const unknownBase = "https://address.invalid"

// Deployed reads the configuration of a deployment on AWS whose address is not known
// here: shops that state no public_url have none. file is the configuration's; the
// error names every fault at once.
func Deployed(file string) (*config.Config, error) {
	c, err := config.LoadShop(file, unknownBase)
	if err != nil {
		return nil, err
	}
	for i := range c.Shops {
		if c.Shops[i].PublicURL == unknownBase {
			c.Shops[i].PublicURL = ""
		}
	}
	return c, nil
}

// Pack checks all of a shop's folder, messages included, as a deployment on AWS
// needs it, and writes what its functions read of it; file is the configuration.
// Its error names every fault at once; that a shop leads customers to 127.0.0.1 is one. Warnings are of the configuration.
func Pack(file string) (packed []byte, warnings []string, err error) {
	packed, c, err := pack(file)
	if err != nil {
		return nil, nil, err
	}
	return packed, c.Warnings, nil
}

// FunctionsFolder is where the functions find a shop's folder, in that of the code.
const FunctionsFolder = "shop"

// Lay checks a shop's folder as [Pack] does, and writes into the folder code what a
// function reads of it: what Pack makes, and the shop's own messages.
func Lay(file, code string) (warnings []string, err error) {
	packed, c, err := pack(file)
	if err != nil {
		return nil, err
	}
	shop := filepath.Join(code, FunctionsFolder)
	if err := os.MkdirAll(shop, 0o750); err != nil {
		return nil, err
	}
	if c.Messages != "" {
		own := filepath.FromSlash(c.Messages)
		if err := os.CopyFS(filepath.Join(shop, own), os.DirFS(filepath.Join(filepath.Dir(file), own))); err != nil {
			return nil, fmt.Errorf("copy messages: %w", err)
		}
	}
	return c.Warnings, os.WriteFile(filepath.Join(shop, ready.FileName), packed, 0o600)
}

// pack returns the configuration, too, with the folder of messages as seen from its own.
func pack(file string) (packed []byte, c *config.Config, err error) {
	c, err = Deployed(file)
	if err != nil {
		return nil, nil, err
	}
	files, err := Read(c, Inputs{})
	faults, ok := errors.AsType[plan.Faults](err)
	if err != nil && !ok {
		return nil, nil, err
	}
	for _, f := range References(c, plansOf(c)) {
		if !f.Warning {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b plan.Fault) int {
			return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, nil, faults
	}
	key := bytes.Repeat([]byte("k"), 32) // nothing is signed
	if _, err := New(c, files, Keys{Links: [][]byte{key}, Contact: key}); err != nil {
		return nil, nil, err
	}
	if c.Messages != "" {
		folder, err := filepath.Rel(filepath.Dir(file), c.Messages)
		if err != nil || !filepath.IsLocal(folder) {
			return nil, nil, fmt.Errorf("messages %s: the folder does not lie in the shop's own, %s", c.Messages, filepath.Dir(file))
		}
		c.Messages = filepath.ToSlash(folder)
	}
	packed, err = ready.Write(c, files.Files)
	return packed, c, err
}

// plansOf reads the plans of a configuration as far as they can be read; what cannot,
// [Read] tells.
func plansOf(c *config.Config) (all []plan.Source) {
	entries, _ := os.ReadDir(c.Plans)
	for _, e := range entries {
		file := filepath.Join(c.Plans, e.Name())
		if filepath.Ext(file) != ".yaml" || e.Name() == plan.CatalogueFile || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if src, err := os.ReadFile(file); err == nil {
			all = append(all, plan.Source{File: file, Src: src})
		}
	}
	return all
}
