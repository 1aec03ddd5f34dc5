// Command pack checks a shop's folder and writes what the functions of a deployment
// read of it: pack SHOP FILE. With a fault it writes nothing and says what is wrong.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"aftersales/internal/config"
	"aftersales/internal/setup"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("want SHOP and FILE, not %d arguments", len(args))
	}
	packed, warnings, err := setup.Pack(filepath.Join(args[0], config.FileName))
	if err != nil {
		return err
	}
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "warning:", w)
	}
	return os.WriteFile(args[1], packed, 0o644) //nolint:gosec // Lambda reads it as somebody else
}
