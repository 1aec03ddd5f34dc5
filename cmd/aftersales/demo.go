package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"aftersales/internal/demo"
	"aftersales/internal/local"
)

// demoVerb lives three years of a shop and lets people look at them.
type demoVerb struct {
	Exit bool   `help:"End after the summary."`
	JSON bool   `name:"json" help:"Print the summary for machines, and end."`
	All  bool   `help:"Print the whole calendar, every follow-up of every order."`
	Seed uint64 `default:"1" placeholder:"N" help:"Which crowd; the same seed gives the same bytes. Default 1."`
}

// demoConsole is where operators come to, unless the port is taken.
const demoConsole = "127.0.0.1:8081"

// Run lives the three years, prints the first screen and stays until stopped.
func (v *demoVerb) Run(ctx context.Context, s *shell) (err error) {
	public, operator := freeAddress(ctx, "127.0.0.1:8080"), freeAddress(ctx, demoConsole)
	started := time.Now()
	world, err := demo.Run(ctx, demo.Options{
		Seed: v.Seed, RealNow: time.Now, PublicURL: "http://" + public, Log: slog.New(slog.DiscardHandler), Progress: s.progress(started),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	took := time.Since(started).Round(100 * time.Millisecond)
	if v.JSON {
		fmt.Fprintf(s.err, "%d years in %s\n", world.Result.VirtualYears, took)
		return world.Result.WriteJSON(s.out)
	}
	if v.All {
		if err := world.Calendar(ctx, s.out); err != nil {
			return err
		}
	}
	if err := world.Screen(ctx, s.out); err != nil {
		return err
	}
	if v.Exit {
		fmt.Fprintf(s.err, "%d years in %s\n", world.Result.VirtualYears, took)
		return nil
	}
	return world.Stay(ctx, local.ServeOptions{
		Listen: public, Console: operator, Version: programVersion(),
		Ready: func(_, console string) { s.printf("%s", whereToClick(world.Result.VirtualYears, took, console)) },
	})
}

// whereToClick ends the first screen: five lines of at most 80 columns.
func whereToClick(years int, took time.Duration, console string) string {
	taken := ""
	if console != demoConsole {
		taken = "   (port 8081 is taken)"
	}
	return fmt.Sprintf(`%d years in %s. A check-in mail has just arrived; the clock can be moved:
  mailbox http://%[3]s/mailbox%[4]s
  calls   http://%[3]s/calls   cases http://%[3]s/cases
  story   http://%[3]s/orders/main/1042
Ctrl-C ends.
`, years, took, console, taken)
}

// freeAddress returns addr, or a free port of the same host when it is taken.
func freeAddress(ctx context.Context, addr string) string {
	var lc net.ListenConfig
	for _, try := range []string{addr, "127.0.0.1:0"} {
		l, err := lc.Listen(ctx, "tcp", try)
		if err != nil {
			continue
		}
		free := l.Addr().String()
		if l.Close() == nil {
			return free
		}
	}
	return addr
}

// progress draws a bar on a terminal, and nothing elsewhere.
func (s *shell) progress(started time.Time) func(float64) {
	f, ok := s.err.(*os.File)
	if !ok || !terminal(f) {
		return nil
	}
	const width = 40
	drawn := -1
	return func(share float64) {
		n := min(width, int(share*width))
		if n == drawn {
			return
		}
		drawn = n
		end := cmp.Or(map[bool]string{true: "\r" + strings.Repeat(" ", width+30) + "\r"}[n == width], "")
		fmt.Fprintf(f, "\r  three years [%s%s] %.1f s%s", strings.Repeat("█", n), strings.Repeat("░", width-n), time.Since(started).Seconds(), end)
	}
}
