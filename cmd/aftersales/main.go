// Command aftersales is the whole product in one binary: it serves webhooks,
// plans and sends follow-ups, and is what operators work with.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], process{
		in: os.Stdin, out: os.Stdout, err: os.Stderr, getenv: os.LookupEnv, environ: os.Environ, colour: terminal(os.Stdout),
	})
	stop()
	os.Exit(code)
}

// terminal reports whether f is a screen that a person looks at.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
