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

// Where customers and operators come to, unless the port is taken.
const (
	demoPublic  = "127.0.0.1:8080"
	demoConsole = "127.0.0.1:8081"
)

// Run lives the three years, prints the first screen and stays until stopped.
func (v *demoVerb) Run(ctx context.Context, s *shell) (err error) {
	if err := s.here("demo"); err != nil {
		return err
	}
	public, doors := demoPublic, local.Doors{}
	if !v.Exit && !v.JSON { // they stay open through the three years, so that nobody else takes them
		if doors, err = freeDoors(ctx); err != nil {
			return err
		}
		defer func() { _, _ = doors.Public.Close(), doors.Operator.Close() }() // once more: whoever serves closes them
		public = doors.Public.Addr().String()
	}
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
		Doors: doors, Version: programVersion(),
		Ready: func(listen, console string) {
			s.printf("%s", whereToClick(world.Result.VirtualYears, took, listen, console))
		},
	})
}

// whereToClick ends the first screen: five lines of at most 80 columns.
func whereToClick(years int, took time.Duration, listen, console string) string {
	taken := ""
	switch {
	case listen != demoPublic && console != demoConsole:
		taken = "   (8080 and 8081 are taken)"
	case listen != demoPublic:
		taken = "   (8080 is taken: links go to " + listen[strings.LastIndexByte(listen, ':')+1:] + ")"
	case console != demoConsole:
		taken = "   (8081 is taken)"
	}
	return fmt.Sprintf(`%d years in %s. A check-in mail has just arrived; the clock can be moved:
  mailbox http://%[3]s/mailbox%[4]s
  calls   http://%[3]s/calls   cases http://%[3]s/cases
  story   http://%[3]s/orders/main/1042
Ctrl-C ends.
`, years, took, console, taken)
}

// freeDoors opens both ports, or free ones of the same host where they are taken.
func freeDoors(ctx context.Context) (d local.Doors, err error) {
	if d.Public, err = freePort(ctx, demoPublic); err != nil {
		return d, err
	}
	if d.Operator, err = freePort(ctx, demoConsole); err != nil {
		return d, errors.Join(err, d.Public.Close())
	}
	return d, nil
}

func freePort(ctx context.Context, addr string) (net.Listener, error) {
	var lc net.ListenConfig
	if l, err := lc.Listen(ctx, "tcp", addr); err == nil {
		return l, nil
	}
	return lc.Listen(ctx, "tcp", "127.0.0.1:0")
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
