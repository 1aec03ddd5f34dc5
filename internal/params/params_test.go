package params_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/params"
)

// service is SSM as far as we use it, without a network, so that the clock of a
// test can run.
type service struct {
	mu     sync.Mutex
	stored map[string]string
	down   bool
	reads  [][]string
	kinds  map[string]string
}

func newService(stored map[string]string) *service {
	s := &service{stored: map[string]string{}, kinds: map[string]string{}}
	for name, text := range stored {
		s.stored["/aftersales/shop/"+name] = text
	}
	return s
}

func (s *service) set(name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stored["/aftersales/shop/"+name] = text
}

type request struct {
	Name, Value, Type string
	Names             []string
	Overwrite         bool
	WithDecryption    bool
}

// Do answers a request.
func (s *service) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return answer(400, "ValidationException", map[string]string{"message": "the value s3cret is wrong"}), nil
	}
	var in request
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	_, exists := s.stored[in.Name]
	switch _, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); op {
	case "GetParameters":
		return s.get(in), nil
	case "PutParameter":
		if exists && !in.Overwrite {
			return answer(400, "ParameterAlreadyExists", nil), nil
		}
		s.stored[in.Name], s.kinds[in.Name] = in.Value, in.Type
		return answer(200, "", map[string]int{"Version": 1}), nil
	case "DeleteParameter":
		if !exists {
			return answer(400, "ParameterNotFound", nil), nil
		}
		delete(s.stored, in.Name)
		return answer(200, "", struct{}{}), nil
	default:
		return nil, fmt.Errorf("operation %q", op)
	}
}

func (s *service) get(in request) *http.Response {
	s.reads = append(s.reads, in.Names)
	type parameter struct{ Name, Value string }
	var out struct {
		Parameters        []parameter
		InvalidParameters []string
	}
	for _, n := range in.Names {
		if text, ok := s.stored[n]; ok && in.WithDecryption {
			out.Parameters = append(out.Parameters, parameter{n, text})
		} else {
			out.InvalidParameters = append(out.InvalidParameters, n)
		}
	}
	return answer(200, "", out)
}

func answer(status int, code string, body any) *http.Response {
	raw, _ := json.Marshal(body)
	if code != "" {
		raw = fmt.Appendf(nil, `{"__type":%q,"message":"the value s3cret is wrong"}`, code)
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(bytes.NewReader(raw)),
	}
}

func (s *service) secrets(names ...string) *params.Secrets {
	return params.New(aws.Config{
		Region: "eu-central-1", HTTPClient: s, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}, "shop", names...)
}

func read(t *testing.T, s *params.Secrets, name, want string) {
	t.Helper()
	if got, err := s.Secret(t.Context(), name); err != nil || got != want {
		t.Errorf("secret %s is %q, %v; want %q", name, got, err, want)
	}
}

func TestASecretIsReadOnceInFiveMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(map[string]string{"LINK": "one"})
		s := svc.secrets()
		for range 5 {
			read(t, s, "LINK", "one")
			read(t, s, "NONE", "") // that there is none is remembered as well
		}
		if len(svc.reads) != 2 {
			t.Errorf("%d requests, want one for each name", len(svc.reads))
		}
		svc.set("LINK", "two")
		time.Sleep(5*time.Minute - time.Second)
		read(t, s, "LINK", "one")
		time.Sleep(time.Second)
		read(t, s, "LINK", "two")
		if last := svc.reads[len(svc.reads)-1]; !slices.Equal(last, []string{"/aftersales/shop/LINK", "/aftersales/shop/NONE"}) {
			t.Errorf("read again: %v, want what else is due with it", last)
		}
	})
}

func TestNamesThatAreKnownBeforeAreReadTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(map[string]string{"A": "a", "B": "b"})
		s := svc.secrets("A", "B", "C")
		read(t, s, "A", "a")
		read(t, s, "B", "b")
		read(t, s, "C", "")
		if len(svc.reads) != 1 || len(svc.reads[0]) != 3 {
			t.Errorf("requests %v, want one", svc.reads)
		}
	})
}

func TestAtMostTenNamesARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(nil)
		var names []string
		for n := range 25 {
			names = append(names, fmt.Sprintf("N%02d", n))
		}
		s := svc.secrets(names...)
		seen := map[string]bool{}
		for _, n := range names {
			read(t, s, n, "")
		}
		for _, r := range svc.reads {
			if len(r) > 10 {
				t.Errorf("%d names in one request", len(r))
			}
			for _, n := range r {
				seen[n] = true
			}
		}
		if len(svc.reads) > 4 || len(seen) != 25 {
			t.Errorf("%d requests for %d names", len(svc.reads), len(seen))
		}
	})
}

func TestAnOldValueIsBetterThanNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(map[string]string{"LINK": "one"})
		s := svc.secrets()
		read(t, s, "LINK", "one")
		time.Sleep(6 * time.Minute)
		svc.down = true
		read(t, s, "LINK", "one")
		if text, err := s.Secret(t.Context(), "OTHER"); err == nil {
			t.Errorf("never read, and answered %q", text)
		}
		svc.down = false
		svc.set("LINK", "two")
		read(t, s, "LINK", "one") // not asked again at once
		time.Sleep(10 * time.Second)
		read(t, s, "LINK", "two")
	})
}

func TestRefreshOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(map[string]string{"HOOK": "one", "HOOK2": "x"})
		s := svc.secrets()
		read(t, s, "HOOK", "one")
		svc.set("HOOK", "two")
		if !s.Refresh("HOOK") {
			t.Fatal("the first bad signature refreshes nothing")
		}
		read(t, s, "HOOK", "two")
		svc.set("HOOK", "three")
		if s.Refresh("HOOK") {
			t.Error("refreshed twice in a minute")
		}
		read(t, s, "HOOK", "two")
		if !s.Refresh("HOOK2") {
			t.Error("another shop has to wait")
		}
		time.Sleep(time.Minute)
		if !s.Refresh("HOOK") {
			t.Error("not refreshed after a minute")
		}
		read(t, s, "HOOK", "three")
		svc.down = true
		time.Sleep(time.Minute)
		s.Refresh("HOOK")
		read(t, s, "HOOK", "three")
	})
}

// A secret and the one that follows it are read anew together.
func TestRefreshOfSeveral(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(map[string]string{"HOOK": "one", "LINK": "l"})
		s := svc.secrets("HOOK", "HOOK_NEXT", "LINK")
		read(t, s, "HOOK", "one")
		read(t, s, "HOOK_NEXT", "")
		svc.set("HOOK_NEXT", "two")
		if !s.Refresh("HOOK", "HOOK_NEXT") {
			t.Fatal("the first bad signature refreshes nothing")
		}
		read(t, s, "HOOK", "one")
		read(t, s, "HOOK_NEXT", "two")
		if want := []string{"/aftersales/shop/HOOK", "/aftersales/shop/HOOK_NEXT"}; len(svc.reads) != 2 || !slices.Equal(svc.reads[1], want) {
			t.Errorf("requests %v, want one more for both", svc.reads)
		}
		svc.set("HOOK_NEXT", "three")
		if s.Refresh("OTHER", "HOOK_NEXT") {
			t.Error("refreshed twice in a minute")
		}
		read(t, s, "HOOK_NEXT", "two")
		if !s.Refresh("OTHER") {
			t.Error("what was refused with others has to wait")
		}
	})
}

func TestPutAndDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(nil)
		s := svc.secrets()
		read(t, s, "LINK", "")
		if made, err := s.PutNew(t.Context(), "LINK", "one"); err != nil || !made {
			t.Fatal(made, err)
		}
		read(t, s, "LINK", "one") // at once, here
		if made, err := s.PutNew(t.Context(), "LINK", "two"); err != nil || made {
			t.Errorf("%t, %v: wrote over it", made, err)
		}
		if err := s.Put(t.Context(), "LINK", "three"); err != nil {
			t.Fatal(err)
		}
		read(t, s, "LINK", "three")
		if want := map[string]string{"/aftersales/shop/LINK": "SecureString"}; !maps.Equal(svc.kinds, want) {
			t.Errorf("types %v", svc.kinds)
		}
		for range 2 {
			if err := s.Delete(t.Context(), "LINK"); err != nil {
				t.Error(err)
			}
		}
		read(t, s, "LINK", "")
	})
}

func TestErrorsHoldNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		svc := newService(nil)
		svc.down = true
		s := svc.secrets()
		_, newErr := s.PutNew(t.Context(), "LINK", "s3cret")
		_, readErr := s.Secret(t.Context(), "LINK")
		for _, err := range []error{s.Put(t.Context(), "LINK", "s3cret"), newErr, readErr, s.Delete(t.Context(), "LINK")} {
			for e := err; ; e = errors.Unwrap(e) {
				if e == nil {
					break
				}
				if strings.Contains(fmt.Sprintf("%v %#v", e, e), "s3cret") {
					t.Errorf("%v shows the secret", e)
				}
			}
			if err == nil {
				t.Error("no error")
			}
		}
	})
}

func TestAContextThatEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newService(map[string]string{"LINK": "one"}).secrets().Secret(ctx, "LINK"); err == nil {
		t.Error("read after its context ended")
	}
}
