package main

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"aftersales/internal/config"
	"aftersales/internal/ready"
	"aftersales/internal/setup"
)

// binary is one function, or an empty one, and what was measured of it.
type binary struct {
	name  string
	dir   string  // as it is unpacked: bootstrap and shop/
	event string  // of the first and of every other invocation
	like  *binary // the empty handler with the same clients; nil: it is one

	size, zip int64
	cold      []float64 // ms from the start of the process to the first answer
	cpu       []float64 // ms of processor time in that
	warm      float64   // invocations a second
	rss       int64     // bytes, at most
}

// build makes every binary as the template does, its zip as it is deployed, and then
// the binary anew for this machine. only names
// some of the functions.
func build(ctx context.Context, root, dir, shop, only string) ([]*binary, error) {
	small := &binary{name: "empty"}
	mail := &binary{name: "emptymail"}
	all := []*binary{
		small, mail,
		{name: "intake", like: small, event: request("POST", "/hooks/none/none")},
		{name: "enroll", like: small, event: `{"Records":[]}`},
		{name: "sweep", like: mail, event: `{}`},
		{name: "deliver", like: mail, event: `{"Records":[]}`},
		{name: "outcome", like: small, event: `{"Records":[]}`},
		{name: "pages", like: small, event: request("GET", "/a/none")},
		{name: "console", like: small, event: request("GET", "/console/none")},
		{name: "callflow", like: small, event: callEvent},
	}
	if only != "" {
		names := strings.Split(only, ",")
		all = slices.DeleteFunc(all, func(b *binary) bool { return b.like != nil && !slices.Contains(names, b.name) })
	}
	for _, b := range all {
		from, pkg := root, "./functions/"+b.name
		if b.like == nil {
			from, pkg, b.event = filepath.Join(root, "awstest"), "./bench/"+b.name, `{}`
		}
		b.dir = filepath.Join(dir, b.name)
		if err := b.build(ctx, from, pkg, shop); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (b *binary) build(ctx context.Context, from, pkg, shop string) error {
	if err := b.compile(ctx, from, pkg, arch); err != nil { // what is deployed
		return err
	}
	if b.like != nil {
		if err := os.CopyFS(filepath.Join(b.dir, "shop"), os.DirFS(shop)); err != nil {
			return err
		}
		packed, _, err := setup.Pack(filepath.Join(shop, config.FileName))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(b.dir, "shop", ready.FileName), packed, 0o600); err != nil {
			return err
		}
	}
	var err error
	if b.zip, err = zipped(b.dir); err != nil {
		return err
	}
	if err := b.compile(ctx, from, pkg, runtime.GOARCH); err != nil { // what is measured
		return err
	}
	info, err := os.Stat(filepath.Join(b.dir, "bootstrap"))
	if err != nil {
		return err
	}
	b.size = info.Size()
	return nil
}

// arch is what functions are deployed for, unless the template is told otherwise.
const arch = "arm64"

// compile builds the binary.
func (b *binary) compile(ctx context.Context, from, pkg, arch string) error {
	make := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-tags", "lambda.norpc,nethttpomithttp2", "-ldflags", "-s -w",
		"-o", filepath.Join(b.dir, "bootstrap"), pkg)
	make.Dir, make.Stderr = from, os.Stderr
	make.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOARCH="+arch)
	if err := make.Run(); err != nil {
		return fmt.Errorf("build %s: %w", b.name, err)
	}
	return nil
}

// zipped returns the size of a folder's zip, deflated as SAM does it.
func zipped(dir string) (size int64, err error) {
	var n counter
	z := zip.NewWriter(&n)
	if err := z.AddFS(os.DirFS(dir)); err != nil {
		return 0, err
	}
	err = z.Close()
	return int64(n), errors.Join(err)
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)

// request is an event of the HTTP API.
func request(method, path string) string {
	return fmt.Sprintf(`{"version":"2.0","routeKey":"$default","rawPath":%q,"headers":{"content-type":"application/json"},`+
		`"requestContext":{"domainName":"shop.example","http":{"method":%q,"path":%q,"sourceIp":"192.0.2.1"}},"body":"{}","isBase64Encoded":false}`, path, method, path)
}

const callEvent = `{"Name":"ContactFlowEvent","Details":{"ContactData":{"Attributes":{},"Channel":"VOICE","ContactId":"c","InitiationMethod":"OUTBOUND"},"Parameters":{}}}`
