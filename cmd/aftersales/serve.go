package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"aftersales/internal/config"
	"aftersales/internal/local"
)

// serveVerb runs the product.
type serveVerb struct {
	Listen  string     `placeholder:"ADDR" help:"Where customers and hooks come to, host:port; port 0 takes a free one."`
	Console string     `placeholder:"ADDR" help:"Where operators come to, on this machine only, host:port."`
	Clock   *clockFlag `placeholder:"TIME" help:"Start at another time, RFC3339[,xN], N times as fast; only with mailbox and call list."`
}

// clockFlag is RFC3339[,xN].
type clockFlag struct {
	start time.Time
	speed float64
}

// UnmarshalText reads 2026-03-05T10:00:00Z or 2026-03-05T10:00:00Z,x3600.
func (c *clockFlag) UnmarshalText(text []byte) (err error) {
	at, fast, sped := strings.Cut(string(text), ",")
	c.speed = 1
	if c.start, err = time.Parse(time.RFC3339, at); err != nil {
		return fmt.Errorf("%q is no time, such as 2026-03-05T10:00:00Z or 2026-03-05T10:00:00Z,x3600", text)
	}
	if !sped {
		return nil
	}
	n, found := strings.CutPrefix(fast, "x")
	c.speed, err = strconv.ParseFloat(n, 64)
	if !found || err != nil || !(c.speed >= 0 && c.speed <= 1e8) {
		return fmt.Errorf("%q is no speed, such as x3600 for an hour a second", fast)
	}
	return nil
}

// Run serves until the process is told to stop.
func (v *serveVerb) Run(ctx context.Context, s *shell) (err error) {
	if s.Stack != "" {
		return misused("serve is the form of one machine, and a stack serves itself: see `aftersales stack status --stack %s`, or leave out --stack", s.Stack)
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	if err := v.fit(cfg); err != nil {
		return err
	}
	log := slog.New(slog.NewJSONHandler(s.err, nil))
	for _, w := range cfg.Warnings {
		log.WarnContext(ctx, "configuration", "warning", w)
	}
	var clock *local.Clock
	if v.Clock != nil {
		clock = local.NewClock(time.Now, v.Clock.start, v.Clock.speed)
	}
	app, err := local.Open(ctx, local.Options{Config: cfg, Clock: clock, Log: log, Serve: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	for _, f := range app.Composer.Unspoken() {
		log.WarnContext(ctx, "message left out", "warning", f.Error())
	}
	ready := func(listen, console string) {
		if err := noteClock(ctx, app, v.Clock); err != nil {
			log.ErrorContext(ctx, "keep the clock for other verbs", "err", err)
		}
		s.ready(listen, console)
	}
	return app.Serve(ctx, local.ServeOptions{Listen: cfg.Listen, Console: cfg.Console, Version: programVersion(), Ready: ready})
}

// ready prints the one line that says where it listens.
func (s *shell) ready(listen, console string) {
	line, _ := json.Marshal(struct { // strings only: cannot fail
		Listen  string `json:"listen"`
		Console string `json:"console"`
		Version string `json:"version"`
	}{listen, console, programVersion()})
	s.printf("%s\n", line)
}

// fit puts the flags into the configuration and refuses what cannot be.
func (v *serveVerb) fit(cfg *config.Config) error {
	for name, addr := range map[string]string{"--listen": v.Listen, "--console": v.Console} {
		if _, port, err := net.SplitHostPort(addr); addr != "" && (err != nil || !validPort(port)) {
			return misused("%s %q is no address, such as 127.0.0.1:8080", name, addr)
		}
	}
	if v.Console != "" && !loopback(v.Console) {
		return misused("--console %s is not on this machine only; use 127.0.0.1:PORT, and a tunnel to reach it from another", v.Console)
	}
	if v.Clock != nil && (cfg.Email.Channel != config.Mailbox || cfg.Call.Channel != config.CallList) {
		return misused("--clock works only with channel mailbox and the call list: at another time nothing may leave this machine")
	}
	if v.Listen != "" {
		moveLinks(cfg, v.Listen)
	}
	cfg.Listen, cfg.Console = cmp.Or(v.Listen, cfg.Listen), cmp.Or(v.Console, cfg.Console)
	return nil
}

// moveLinks lets links that lead to this machine lead to where it listens now.
func moveLinks(cfg *config.Config, listen string) {
	if _, port, _ := net.SplitHostPort(listen); port == "0" || !loopback(listen) {
		return
	}
	for i := range cfg.Shops {
		if s := &cfg.Shops[i]; s.PublicURL == "http://"+cfg.Listen {
			s.PublicURL = "http://" + listen
		}
	}
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return err == nil && n >= 0 && n <= 65535
}

func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
