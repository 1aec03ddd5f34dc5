package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"aftersales/internal/transfer"
)

// The exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitMisused = 2
)

// commands is the command line: one field a verb, each in its own file.
type commands struct {
	Globals

	Init       initVerb       `cmd:"" help:"Write a configuration, plans, messages and a catalogue to start with."`
	Serve      serveVerb      `cmd:"" help:"Take in orders and send what is due, until stopped."`
	Demo       demoVerb       `cmd:"" help:"Live three years of a shop in seconds, and look at them."`
	Plan       planVerbs      `cmd:"" help:"Check plans, and see what they would do."`
	Why        whyVerb        `cmd:"" help:"Tell the whole story of an order: what was sent, when, and why."`
	Calls      callsVerbs     `cmd:"" help:"Work the call list."`
	Case       caseVerbs      `cmd:"" help:"Work the cases: problems that somebody is handling."`
	Parked     parkedVerbs    `cmd:"" help:"Decide what nobody knows: messages that may or may not have gone out."`
	Backup     backupVerb     `cmd:"" help:"Copy the data folder, beside a running serve."`
	Export     exportVerb     `cmd:"" help:"Move all that is here into a file."`
	Import     importVerb     `cmd:"" help:"Take all that was moved out of a file."`
	Cost       costVerb       `cmd:"" help:"Compute what the AWS form costs."`
	Op         stackVerbs     `cmd:"" name:"stack" help:"Operate a stack of the AWS form: lanes, failed messages, restore."`
	Secrets    secretsVerbs   `cmd:"" help:"Keep the secrets of the AWS form."`
	Invoke     invokeVerb     `cmd:"" help:"Run one function of the AWS form on one event, on this machine."`
	Version    versionVerb    `cmd:"" help:"Print the version."`
	Completion completionVerb `cmd:"" help:"Print a completion script for a shell."`
}

// Globals are the flags of every verb.
type Globals struct {
	Config string `placeholder:"FILE" help:"The configuration; default ${config} in this folder."`
	Data   string `placeholder:"DIR" help:"The data folder; default is what the configuration says."`
	Stack  string `placeholder:"NAME" help:"Work on this stack of the AWS form, in the region in use, instead of the data folder."`
}

// process is the world of a command: what it reads and where it writes.
type process struct {
	in      io.Reader
	out     io.Writer // results
	err     io.Writer // complaints, logs
	getenv  func(string) (string, bool)
	environ func() []string // all variables, NAME=VALUE; nil: none but those getenv gives
	colour  bool            // out is a terminal
}

// shell is what a verb runs in.
type shell struct {
	process
	Globals
	model *kong.Application
}

// misuse is an error of the command line: exit code 2.
type misuse struct{ error }

func misused(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// errTold is a failure whose reasons were printed already.
var errTold = errors.New("failed")

// run does what args say and returns the exit code.
func run(ctx context.Context, args []string, p process) (code int) {
	defer func() {
		if v := recover(); v != nil {
			e, ok := v.(exit)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()
	var c commands
	parser, err := newParser(&c, p)
	if err != nil {
		return complain(p, err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return complain(p, misused("%w; see aftersales --help", err))
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(&shell{process: p, Globals: c.Globals, model: parser.Model})
	code = complain(p, err)
	if m, ok := errors.AsType[*transfer.Moved](err); ok && c.Stack != "" {
		if m.Import != "" { // without the stack, that command would fill a folder
			fmt.Fprintf(p.err, "Say that with --stack %s.\n", c.Stack)
		}
	}
	return code
}

// exit unwinds to run when the parser has printed its help.
type exit int

func newParser(c *commands, p process) (*kong.Kong, error) {
	return kong.New(c, kong.Name("aftersales"), kong.Description("After-sales follow-ups: the right message, at the right local time, once."),
		kong.Writers(p.out, p.err), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Vars(variables()))
}

// complain prints what went wrong and returns the exit code.
func complain(p process, err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errTold):
		return exitFailed
	}
	fmt.Fprintln(p.err, "aftersales:", err)
	if _, ok := errors.AsType[misuse](err); ok {
		return exitMisused
	}
	return exitFailed
}

// json prints v as a machine reads it.
func (s *shell) json(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// printf writes a result.
func (s *shell) printf(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }
