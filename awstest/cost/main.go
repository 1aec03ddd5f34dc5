// Command cost measures what internal/cost multiplies: what orders of a Shopify
// shop consume of the tables from their first webhook to the last report about a
// mail, how often each function waits for AWS, its processor time, and its
// messages. The handlers are those of the functions, the tables are on the server
// that AFTERSALES_DYNAMODB_ENDPOINT names, and time is virtual. It writes
// internal/cost/measured.json; `scripts/measure-cost` starts all of it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	orders := flag.Int("orders", 40, "orders whose life is measured")
	out := flag.String("out", "", "the file that is written; without, figures are printed only")
	flag.Parse()
	endpoint := os.Getenv("AFTERSALES_DYNAMODB_ENDPOINT")
	if endpoint == "" {
		return errors.New("AFTERSALES_DYNAMODB_ENDPOINT is not set: run scripts/measure-cost")
	}
	figures, err := measure(ctx, endpoint, *orders)
	if err != nil {
		return err
	}
	text, err := written(table{time.Now().UTC().Format(time.DateOnly), machine(), figures})
	if err != nil {
		return err
	}
	if _, err := os.Stdout.Write(text); err != nil || *out == "" {
		return err
	}
	return os.WriteFile(*out, text, 0o600)
}

// table is the file.
type table struct {
	At      string   `json:"at"`
	Machine string   `json:"machine"`
	Figures []figure `json:"figures"`
}

// figure is one line of it.
type figure struct {
	ID    string  `json:"id"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
	Basis string  `json:"basis"`
	From  string  `json:"from"`
}

// written is the table with a line a figure, so that changes can be read.
func written(t table) ([]byte, error) {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"at\": %q,\n  \"machine\": %q,\n  \"figures\": [\n", t.At, t.Machine)
	for i, f := range t.Figures {
		line, err := json.Marshal(f)
		if err != nil {
			return nil, err
		}
		end := ",\n"
		if i == len(t.Figures)-1 {
			end = "\n"
		}
		fmt.Fprintf(&out, "    %s%s", line, end)
	}
	out.WriteString("  ]\n}\n")
	return out.Bytes(), nil
}

// machine says where processor times were measured.
func machine() string {
	name := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if before, after, found := strings.Cut(line, ":"); found && strings.TrimSpace(before) == "model name" {
				name = strings.TrimSpace(after)
				break
			}
		}
	}
	return fmt.Sprintf("%s/%s, %d CPUs, %s, %s", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), name, runtime.Version())
}
