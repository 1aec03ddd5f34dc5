package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"aftersales/internal/runtimeapi"
)

// measure starts every binary in turn, so often, and then lets each answer.
func measure(ctx context.Context, all []*binary, spawns, warm int) error {
	aws := emptyAWS()
	defer aws.Close()
	for n := range spawns + 1 {
		for _, b := range all {
			if err := b.start(ctx, aws.URL, 0); err != nil {
				return err
			}
			if n == 0 { // the first start after a deployment stores the plans
				b.cold, b.cpu = nil, nil
			}
		}
	}
	for _, b := range all {
		if err := b.start(ctx, aws.URL, warm); err != nil {
			return err
		}
	}
	return nil
}

// environment is that of the template.
func environment(endpoint string) []string {
	return []string{
		"AWS_ENDPOINT_URL=" + endpoint, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test", "AWS_REGION=us-east-1", "AWS_EC2_METADATA_DISABLED=true",
		"AFTERSALES_STACK=bench", "AFTERSALES_BASE_URL=https://shop.example",
		"AFTERSALES_JOURNEYS_TABLE=j", "AFTERSALES_CONTACTS_TABLE=c", "AFTERSALES_INBOX_TABLE=i", "AFTERSALES_DUE_SHARDS=1", "GOMAXPROCS=1",
		"AFTERSALES_ENROLL_QUEUE=" + endpoint + "/000000000000/enroll", "AFTERSALES_DELIVER_QUEUE=" + endpoint + "/000000000000/deliver",
		"AFTERSALES_DEAD_QUEUE=" + endpoint + "/000000000000/dead",
		"AFTERSALES_CONFIGURATION_SET=set", "AFTERSALES_VOICE_PROVIDER=none", "AFTERSALES_CONSOLE_URL=https://console.example",
		"AFTERSALES_USER_POOL_ISSUER=https://cognito-idp.us-east-1.amazonaws.com/us-east-1_bench", "AFTERSALES_USER_POOL_CLIENT=client",
		"AFTERSALES_LOGIN_URL=https://login.example",
	}
}

// start runs one process: its first answer, then n more of which only the time
// of all is kept.
func (b *binary) start(ctx context.Context, endpoint string, n int) (err error) {
	var log bytes.Buffer
	began := time.Now()
	f, err := runtimeapi.Start(ctx, runtimeapi.Options{
		Binary: filepath.Join(b.dir, "bootstrap"), Dir: b.dir, Name: b.name, Env: environment(endpoint), Log: &log, Now: time.Now,
	})
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = fmt.Errorf("%s: %w\n%s", b.name, err, log.String())
		}
	}()
	answer := func() error {
		r, err := f.Invoke(ctx, []byte(b.event))
		if err == nil && r.Failed {
			err = fmt.Errorf("it answered with an error: %s", r.Body)
		}
		return err
	}
	if err := answer(); err != nil {
		return err
	}
	if n == 0 {
		b.cold = append(b.cold, float64(time.Since(began).Microseconds())/1e3)
		cpu, err := processor(f.PID())
		b.cpu = append(b.cpu, cpu)
		return err
	}
	began = time.Now()
	for range n {
		if err := answer(); err != nil {
			return err
		}
	}
	b.warm = float64(n) / time.Since(began).Seconds()
	b.rss, err = most(f.PID())
	return err
}

// processor returns the ms of processor time that a process has used: the sum
// of its threads, in ns, from /proc/PID/task/*/schedstat.
func processor(pid int) (float64, error) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	total := 0.0
	for _, t := range tasks {
		text, err := os.ReadFile(t)
		if err != nil {
			continue // a thread that ended
		}
		ns, err := strconv.ParseFloat(string(bytes.Fields(text)[0]), 64)
		if err != nil {
			return 0, err
		}
		total += ns
	}
	return total / 1e6, nil
}

// most returns the most memory that a process had, in bytes: VmHWM.
func most(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range bytes.Lines(text) {
		if rest, ok := bytes.CutPrefix(line, []byte("VmHWM:")); ok {
			kb, err := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			return kb << 10, err
		}
	}
	return 0, errors.New("no VmHWM")
}

func median(of []float64) float64 {
	of = slices.Sorted(slices.Values(of))
	return of[len(of)/2]
}

// report prints what was measured and returns how many aims were missed.
func report(all []*binary) (missed int) {
	fmt.Printf("\n| function | cold start, ms | of it processor, ms | x empty | warm, 1/s | of empty's | RSS, MB | binary, MB | zip %s, MB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n", arch)
	mb := func(n int64) float64 { return float64(n) / 1e6 }
	for _, b := range all {
		times, share, note := "", "", ""
		if b.like != nil {
			x := median(b.cpu) / median(b.like.cpu)
			times, share = fmt.Sprintf("%.2f", x), fmt.Sprintf("%.2f", b.warm/b.like.warm)
			if x > aimCold {
				missed, note = missed+1, fmt.Sprintf(" cold start over %.1f x", aimCold)
			}
		}
		if b.zip > aimZip {
			missed, note = missed+1, note+" zip over 5 MB"
		}
		fmt.Printf("| %s | %.1f | %.1f | %s | %.0f | %s | %.1f | %.2f | %.2f |%s\n", b.name, median(b.cold), median(b.cpu), times, b.warm, share, mb(b.rss), mb(b.size), mb(b.zip), note)
	}
	return missed
}
