package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"time"

	"aftersales/internal/civil"
	"aftersales/internal/cloud"
	"aftersales/internal/cloud/reach"
	"aftersales/internal/config"
	"aftersales/internal/engine"
	"aftersales/internal/followup"
	"aftersales/internal/local"
	"aftersales/internal/setup"
)

// file is the configuration's.
func (s *shell) file() string { return cmp.Or(s.Config, config.FileName) }

// configured reports whether a configuration was named, or is where one is
// looked for.
func (s *shell) configured() bool {
	_, err := os.Stat(s.file())
	return s.Config != "" || err == nil
}

// there says where to find a configuration when there is none.
func (s *shell) there() error {
	if _, err := os.Stat(s.file()); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no %s; write one with `aftersales init DIR`, or name yours with --config FILE", s.file())
	}
	return nil
}

// config reads the configuration; its error tells every fault.
func (s *shell) config() (*config.Config, error) {
	if err := s.there(); err != nil {
		return nil, err
	}
	cfg, err := config.Load(s.file(), s.getenv)
	if err != nil {
		return nil, err
	}
	cfg.Data = cmp.Or(s.Data, cfg.Data)
	if s.environ != nil {
		cfg.Warnings = append(cfg.Warnings, cfg.Unread(s.environ())...)
	}
	return cfg, nil
}

// open opens the data folder for a verb that works beside `serve`: by the
// clock, plans and messages that serve has, without its lock.
func (s *shell) open(ctx context.Context) (*local.App, error) {
	app, err := s.openMoved(ctx)
	if err != nil {
		return nil, err
	}
	if err := app.Here(ctx); err != nil {
		return nil, errors.Join(err, app.Close())
	}
	return app, nil
}

// faults logs what went wrong, and nothing else.
func (s *shell) faults() *slog.Logger {
	return slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelError}))
}

// openMoved opens the data folder even when it was moved away.
func (s *shell) openMoved(ctx context.Context) (*local.App, error) {
	cfg, err := s.config()
	if err != nil {
		return nil, err
	}
	if !local.HasData(cfg.Data) {
		return nil, fmt.Errorf("folder %s holds no data yet; start `aftersales serve` first, or name another with --data DIR", cfg.Data)
	}
	app, err := local.Open(ctx, local.Options{Config: cfg, Log: s.faults(), Beside: true})
	if err != nil {
		return nil, err
	}
	clock, err := followClock(ctx, app)
	if err != nil {
		return nil, errors.Join(err, app.Close())
	}
	app.Clock = clock
	return app, nil
}

// desk is what people act through, wherever the state is.
type desk struct {
	Config *config.Config
	Store  followup.Store
	Engine *engine.Engine
}

// work opens the state, does what a verb does, and closes it.
func (s *shell) work(ctx context.Context, do func(d *desk, now time.Time) error) (err error) {
	if s.Stack != "" {
		stack, err := s.stack(ctx)
		if err != nil {
			return err
		}
		_, e, err := stack.Desk(ctx)
		if err != nil {
			return err
		}
		return do(&desk{stack.Config, e.Store(), e}, stack.Now())
	}
	app, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, app.Close()) }()
	return do(&desk{app.Config, app.Store, app.Engine}, app.Clock.Now())
}

// here refuses --stack for a verb that touches no state.
func (s *shell) here(verb string) error {
	if s.Stack == "" {
		return nil
	}
	return misused("%s works on this machine alone, and never on a stack; leave out --stack", verb)
}

// onStack is what a command that is proposed says of the stack; "" of a folder.
func (s *shell) onStack() string {
	if s.Stack == "" {
		return ""
	}
	return " --stack " + s.Stack
}

// stack opens the stack that --stack names.
func (s *shell) stack(ctx context.Context) (*cloud.Stack, error) {
	if s.Stack == "" {
		return nil, misused("say which stack with --stack NAME")
	}
	if !stackName.MatchString(s.Stack) {
		return nil, misused("--stack %s: want the name of a stack: letters, digits and -", s.Stack)
	}
	if s.Data != "" {
		return nil, misused("--stack and --data name two places of the state; say one")
	}
	if err := s.there(); err != nil {
		return nil, err
	}
	cfg, err := setup.Deployed(s.file())
	if err != nil {
		return nil, err
	}
	return reach.Stack(ctx, s.Stack, cfg, s.faults())
}

// clockKey names the setting by which verbs beside a serve of another time tell
// its clock.
const clockKey = "clock"

// clockSetting says that the folder's time was Start when the machine's was Real,
// and runs Speed times as fast.
type clockSetting struct {
	Real  time.Time `json:"real"`
	Start time.Time `json:"start"`
	Speed float64   `json:"speed"`
}

// followClock returns the clock of the last serve of the folder.
func followClock(ctx context.Context, app *local.App) (*local.Clock, error) {
	text, err := app.Store.Meta(ctx, clockKey)
	if err != nil || text == "" {
		return app.Clock, err
	}
	var c clockSetting
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return nil, fmt.Errorf("read the clock of the data folder: %w", err)
	}
	ran := time.Duration(float64(time.Since(c.Real)) * c.Speed)
	return local.NewClock(time.Now, c.Start.Add(ran), c.Speed), nil
}

// noteClock keeps the clock of a serve for the verbs beside it; nil is the
// machine's.
func noteClock(ctx context.Context, app *local.App, clock *clockFlag) error {
	if clock == nil {
		old, err := app.Store.Meta(ctx, clockKey)
		if err != nil || old == "" {
			return err
		}
		return app.Store.SetMeta(ctx, clockKey, "")
	}
	text, err := json.Marshal(clockSetting{Real: time.Now(), Start: app.Clock.Now(), Speed: clock.speed})
	if err != nil {
		return err
	}
	return app.Store.SetMeta(ctx, clockKey, string(text))
}

// shopZone is the zone of the shop of an order, as the configuration has it.
func shopZone(d *desk, id followup.JourneyID) *time.Location {
	shop, _ := id.Split()
	s, _ := d.Config.Shop(shop)
	loc, err := civil.Zone(cmp.Or(s.Zone, "UTC"))
	if err != nil {
		return time.UTC // the configuration has refused a wrong name
	}
	return loc
}

// whoever returns by, else the name of the person at the keyboard.
func whoever(by string) string {
	if by != "" {
		return by
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "operator"
}
