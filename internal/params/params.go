// Package params keeps the secrets of the AWS form as parameters of SSM
// (SecureString, encrypted with the account's own key), under
// /aftersales/STACK/NAME. NAME is what the other form reads from its environment.
package params

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"aftersales/internal/params/ssm"
)

const (
	kept      = 5 * time.Minute  // how long a value is taken as it is
	refreshed = time.Minute      // between two refreshes of one name
	rested    = 10 * time.Second // after a failure, while old values are at hand
	readTime  = 3 * time.Second  // somebody is waiting
	together  = 10               // names of one GetParameters
)

// Secrets reads and writes the secrets of one stack. Values are read when they
// are first asked for, and never logged. It is safe for concurrent use.
type Secrets struct {
	api  *ssm.Client
	path string // with a slash at its end
	now  func() time.Time

	mu     sync.Mutex
	values map[string]value
	failed time.Time // last failure to read
}

type value struct {
	text      string // "": there is none
	read      time.Time
	refreshed time.Time // last Refresh
	known     bool      // was read at least once
}

// New returns the secrets of a stack. Region, credentials and endpoint are those
// of shared. names are read together with the first one asked for, in one
// request. It makes no request yet.
func New(shared aws.Config, stack string, names ...string) *Secrets {
	s := &Secrets{
		api: ssm.New(shared), path: "/aftersales/" + stack + "/", values: map[string]value{},
		now: time.Now, //nolint:forbidigo // how old a value is, the machine's clock says
	}
	for _, name := range names {
		s.values[name] = value{}
	}
	return s
}

// Secret returns a secret, "" when there is none. A value is kept for five
// minutes, and for longer while it cannot be read again.
func (s *Secrets) Secret(ctx context.Context, name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	v := s.values[name]
	if v.known && (now.Sub(v.read) < kept || now.Sub(s.failed) < rested) {
		return v.text, nil
	}
	if err := s.read(ctx, now, name); err != nil {
		s.failed = now
		if v.known {
			return v.text, nil // what was right is likely right still
		}
		return "", err
	}
	return s.values[name].text, nil
}

// Refresh lets the next Secret of each of these names be read anew, all of them in
// one request, once a minute at most; false when any was refreshed too lately for
// that, and then none is.
func (s *Secrets) Refresh(names ...string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if slices.ContainsFunc(names, func(name string) bool { return now.Sub(s.values[name].refreshed) < refreshed }) {
		return false
	}
	for _, name := range names {
		v := s.values[name]
		v.refreshed, v.read = now, time.Time{}
		s.values[name] = v
	}
	return true
}

// read reads a name, and with it others that are due.
func (s *Secrets) read(ctx context.Context, now time.Time, name string) error {
	names := []string{name}
	for other, v := range s.values {
		if other != name && now.Sub(v.read) >= kept && len(names) < together {
			names = append(names, other)
		}
	}
	slices.Sort(names)
	paths := make([]string, len(names))
	for i, n := range names {
		paths[i] = s.path + n
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	out, err := s.api.GetParameters(ctx, ssm.GetParametersInput{Names: paths, WithDecryption: true})
	if err != nil {
		return fmt.Errorf("read parameters under %s: %w", s.path, impersonal(err))
	}
	for _, n := range names {
		s.values[n] = value{read: now, refreshed: s.values[n].refreshed, known: true}
	}
	for _, p := range out.Parameters {
		n := strings.TrimPrefix(p.Name, s.path)
		if v, ok := s.values[n]; ok {
			v.text = p.Value
			s.values[n] = v
		}
	}
	return nil
}

// Put writes a secret over the one that is there.
func (s *Secrets) Put(ctx context.Context, name, text string) error {
	_, err := s.put(ctx, name, text, true)
	return err
}

// PutNew writes a secret unless there is one; false when there is.
func (s *Secrets) PutNew(ctx context.Context, name, text string) (bool, error) {
	return s.put(ctx, name, text, false)
}

func (s *Secrets) put(ctx context.Context, name, text string, over bool) (bool, error) {
	path := s.path + name
	err := s.api.PutParameter(ctx, ssm.PutParameterInput{Name: path, Value: text, Type: "SecureString", Tier: "Standard", Overwrite: over})
	if is(err, ssm.AlreadyExists) && !over {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("write parameter %s: %w", path, impersonal(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, name)
	return true, nil
}

// Delete removes a secret; one that is not there is gone already.
func (s *Secrets) Delete(ctx context.Context, name string) error {
	path := s.path + name
	if err := s.api.DeleteParameter(ctx, ssm.DeleteParameterInput{Name: path}); err != nil && !is(err, ssm.NotFound) {
		return fmt.Errorf("delete parameter %s: %w", path, impersonal(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.values, name)
	return nil
}

// is reports whether the service answered with a code.
func is(err error, code string) bool {
	api, ok := errors.AsType[smithy.APIError](err)
	return ok && api.ErrorCode() == code
}

// impersonal keeps the code of an answer and leaves out its text, which may
// repeat the value it refuses.
func impersonal(err error) error {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return errors.New(api.ErrorCode())
	}
	return err
}
