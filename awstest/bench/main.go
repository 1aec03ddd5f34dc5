// Command bench measures the functions of the AWS form on this machine: sizes,
// cold starts and warm invocations of every binary beside an empty handler's
// with the same clients, in one run and in turns, and how late 20,000 mails of
// one minute are. It prints tables for docs/performance.md and fails when an aim
// is missed.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// The aims.
const (
	aimZip  = 5_000_000 // bytes of a function's zip, the merchant's folder included
	aimCold = 1.3       // times the processor time of an empty handler's cold start
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	spawns := flag.Int("spawns", 25, "cold starts of each binary")
	warm := flag.Int("warm", 1000, "warm invocations of each binary")
	due := flag.Int("due", 20_000, "mails that are due in one minute; 0: none")
	only := flag.String("only", "", "functions to measure, by commas; none: all")
	shop := flag.String("shop", "infra/shop", "the merchant's folder that is deployed")
	flag.Parse()
	dir, err := os.MkdirTemp("", "aftersales-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	root, err := filepath.Abs("..")
	if err != nil {
		return err
	}
	if endpoint := os.Getenv("AFTERSALES_DYNAMODB_ENDPOINT"); endpoint != "" {
		if err := idle(ctx, endpoint); err != nil {
			return err
		}
	}
	fmt.Printf("%s/%s, %d CPUs, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if *spawns == 0 && *due == 0 {
		return nil
	}
	if *spawns == 0 {
		return rush(ctx, *due)
	}
	missed := 0
	all, err := build(ctx, root, dir, filepath.Join(root, *shop), *only)
	if err != nil {
		return err
	}
	if err := measure(ctx, all, *spawns, *warm); err != nil {
		return err
	}
	missed += report(all)
	if *due > 0 {
		if err := rush(ctx, *due); err != nil {
			return err
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d aims were missed", missed)
	}
	return nil
}
