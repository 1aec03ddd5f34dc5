package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"aftersales/internal/civil"
	"aftersales/internal/config"
	"aftersales/internal/followup"
	"aftersales/internal/mailbox"
	"aftersales/internal/source"
	"aftersales/internal/sqlite"
	"aftersales/internal/web"
)

// ServeOptions says where to listen. Port 0 takes a free one.
type ServeOptions struct {
	Listen  string // public: hooks and customers' pages
	Console string // operators: loopback only
	Doors   Doors  // what is open already, instead
	Version string
	Ready   func(listen, console string) // told once both listeners are open
	Clock   *web.ClockControl            // the demo's buttons; nil: none
	Group   int                          // follow-ups armed at once; 0: 250, less at a slow rate
	Poll    time.Duration                // how often other processes' commits are looked for; 0: 1 s, negative: never
}

// Doors are the two listeners; nil: not open yet. Whoever serves closes them.
type Doors struct{ Public, Operator net.Listener }

// open listens where nothing is open yet.
func (d Doors) open(ctx context.Context, o ServeOptions) (_ Doors, err error) {
	var lc net.ListenConfig
	if d.Public == nil {
		if d.Public, err = lc.Listen(ctx, "tcp", o.Listen); err != nil {
			return d, fmt.Errorf("listen for customers: %w", err)
		}
	}
	if d.Operator == nil {
		if d.Operator, err = lc.Listen(ctx, "tcp", o.Console); err != nil {
			return d, errors.Join(fmt.Errorf("listen for operators: %w", err), d.Public.Close())
		}
	}
	return d, nil
}

// stopTime is how long requests and sends in hand may take when stopping.
const stopTime = 30 * time.Second

// Serve runs the loop and both listeners until ctx ends, then stops cleanly:
// no new work, what is in hand is finished and recorded. Only one process
// serves a folder; a second one is told who does.
func (a *App) Serve(ctx context.Context, o ServeOptions) (err error) {
	collectLess()
	if a.lock == nil {
		lock, err := sqlite.Lock(a.Config.Data, holder())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lock.Close()) }()
	}
	if err := a.Here(ctx); err != nil {
		return err
	}
	if err := a.noteServing(ctx); err != nil {
		return fmt.Errorf("keep what is served: %w", err)
	}
	lost, err := a.Engine.Recover(ctx, a.Clock.Now())
	if err != nil {
		return fmt.Errorf("recover what was being sent: %w", err)
	}
	if lost > 0 {
		a.Log.WarnContext(ctx, "recovered sends of a process that died", "rows", lost)
	}
	return a.ServeLoop(ctx, a.NewLoop(), o)
}

// holder says who serves a folder, for the one who is refused.
func holder() string {
	who := fmt.Sprintf("aftersales serve, process %d", os.Getpid())
	if host, err := os.Hostname(); err == nil {
		who += " on " + host
	}
	return who + " since " + time.Now().UTC().Format(time.RFC3339)
}

// garbage is how much may be left lying about, in percent of what is in use.
// That is a few megabytes here, and Go's own 100 costs a fifth of the time.
const garbage = 400

// collectLess sets garbage, unless GOGC was set already.
func collectLess() {
	const unset = 100
	if old := debug.SetGCPercent(garbage); old != unset {
		debug.SetGCPercent(old)
	}
}

// NewLoop returns the loop that works this App.
func (a *App) NewLoop() *Loop {
	l := NewLoop(a.Engine, a.Store, a.Clock, a.Log)
	l.Ready = a.turns.ready
	if a.Config.Email.Channel == config.SMTP { // what is armed when a process dies has to be looked after by people
		l.Hands = 2
	}
	if rate := a.Config.Email.Rate; rate > 0 { // what is armed is on its way within seconds
		l.Group = min(l.Group, max(1, int(rate*5)))
	}
	return l
}

// ServeLoop serves with a loop of the caller's, without lock and recovery.
func (a *App) ServeLoop(ctx context.Context, loop *Loop, o ServeOptions) error {
	doors, err := o.Doors.open(ctx, o)
	if err != nil {
		return err
	}
	if o.Group > 0 {
		loop.Group = o.Group
	}
	switch {
	case o.Poll > 0:
		loop.Poll = o.Poll
	case o.Poll < 0:
		loop.Poll = 0
	}
	servers := []*http.Server{server(a.Public(loop, o)), server(a.Operator(loop, o))}
	group, ctx := errgroup.WithContext(ctx)
	for i, l := range []net.Listener{doors.Public, doors.Operator} {
		group.Go(func() error {
			if err := servers[i].Serve(l); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serve %s: %w", l.Addr(), err)
			}
			return nil
		})
	}
	group.Go(func() error { return loop.Run(ctx) })
	group.Go(func() error {
		if err := a.reconcileAll(ctx); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "settings", "err", err)
		}
		loop.Wake()
		return nil
	})
	group.Go(func() error { return a.sweep(ctx) })
	group.Go(func() error {
		<-ctx.Done()
		return shutdown(ctx, servers)
	})
	if o.Ready != nil {
		o.Ready(doors.Public.Addr().String(), doors.Operator.Addr().String())
	}
	return group.Wait()
}

func shutdown(ctx context.Context, servers []*http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("stop listening: %w", err), s.Close())
		}
	}
	return errors.Join(errs...)
}

// server bounds every wait, so that slow clients hold nothing.
func server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
}

// Public is the handler of the public listener.
func (a *App) Public(loop *Loop, o ServeOptions) http.Handler {
	return web.Public(web.PublicConfig{
		Engine: a.Engine, Shops: a.Shops, Links: a.Signer, Secrets: a.secrets, ContactKey: a.ContactKey,
		Now: a.Clock.Now, RealNow: time.Now, Wake: loop.Wake, Health: a.health(), Version: o.Version, Log: a.Log,
	})
}

// Operator is the handler of the operators' listener.
func (a *App) Operator(loop *Loop, o ServeOptions) http.Handler {
	c := web.OperatorConfig{
		Engine: a.Engine, Shops: a.Shops, Now: a.Clock.Now, Wake: loop.Wake, Clock: o.Clock, Version: o.Version, Log: a.Log,
	}
	if a.Config.Email.Channel != config.SMTP {
		c.Mailbox = mailbox.Handler(a.Store, a.Log, a.zone)
	}
	return web.Operator(c)
}

// zone is that of a shop; UTC of one that is not configured any more.
func (a *App) zone(id followup.ShopID) *time.Location {
	if s := a.Shops[id]; s != nil {
		if loc, err := civil.Zone(s.Zone); err == nil {
			return loc
		}
	}
	return time.UTC
}

func (a *App) secrets(name string, shop followup.ShopID) source.Secrets {
	var out source.Secrets
	for _, s := range a.Config.Hooks[shop][name] {
		out = append(out, []byte(s.Reveal()))
	}
	return out
}

// sweepPage is how much is deleted in one commit.
const sweepPage = 1000

// sweep forgets bodies of the inbox and mails of the mailbox after their time,
// once an hour, a page at a time. Under a clock of its own nothing is forgotten:
// that is a trial, in which months pass in minutes and are looked at afterwards.
func (a *App) sweep(ctx context.Context) error {
	if a.Clock.Set() {
		return nil
	}
	for {
		n, err := a.Store.Sweep(ctx, a.Clock.Now().Add(-sqlite.InboxKept), sweepPage)
		if err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "sweep old bodies", "err", err)
		}
		wait := time.Hour
		if n >= sweepPage {
			wait = time.Second
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}
