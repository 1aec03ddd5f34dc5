package source_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"aftersales/internal/source"
)

type vector struct {
	Name    string            `json:"name"`
	Scheme  string            `json:"scheme"`
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Expect  string            `json:"expect"`
}

func (v vector) request() source.Request {
	h := http.Header{}
	for k, s := range v.Headers {
		h.Set(k, s)
	}
	return source.Request{Method: http.MethodPost, Header: h, Body: []byte(v.Body)}
}

// signedAt is the time that a vector was signed at, so that its age is nothing.
func (v vector) signedAt() time.Time {
	for k, s := range v.Headers {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && strings.HasSuffix(k, "timestamp") {
			return time.Unix(n, 0)
		}
	}
	return received
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vs []vector
	if err := json.Unmarshal(b, &vs); err != nil {
		t.Fatal(err)
	}
	return vs
}

func TestSignatureVectors(t *testing.T) {
	tried := 0
	for _, v := range vectors(t) {
		name := "generic"
		if v.Scheme == "shopify" {
			name = "shopify"
		}
		if v.Secret == "" || v.Scheme == "stripe" || v.Scheme == "woocommerce" {
			continue // nothing to check it with
		}
		tried++
		t.Run(v.Name, func(t *testing.T) {
			err := lookup(t, name).Verify(v.request(), source.Secrets{[]byte(v.Secret)}, v.signedAt())
			if strings.HasPrefix(v.Expect, "valid") {
				if err != nil {
					t.Errorf("a right signature was refused: %v", err)
				}
				return
			}
			if f, ok := errors.AsType[*source.Fault](err); !ok || f.Status != http.StatusUnauthorized || f.Kind != source.FaultSignature {
				t.Errorf("got %v, want a fault 401", err)
			}
		})
	}
	if tried != 16 {
		t.Errorf("%d vectors were tried, want 16", tried)
	}
}

func TestTheSpecsOwnHeadersAreRead(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Name != "standardwebhooks-spec-headers" {
			continue
		}
		err := lookup(t, "generic").Verify(v.request(), source.Secrets{[]byte("whsec_AAAA")}, v.signedAt())
		if f, ok := errors.AsType[*source.Fault](err); !ok || f.Detail != "the signature is wrong" {
			t.Errorf("got %v: v1 and v1a in one header must parse", err)
		}
	}
}

func sign(key []byte, message string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func signed(prefix string, key []byte, stamp time.Time, body string) source.Request {
	s := strconv.FormatInt(stamp.Unix(), 10)
	h := http.Header{}
	h.Set(prefix+"id", "msg_1")
	h.Set(prefix+"timestamp", s)
	h.Set(prefix+"signature", "v1,"+sign(key, "msg_1."+s+"."+body))
	return source.Request{Method: http.MethodPost, Header: h, Body: []byte(body)}
}

func TestTwoLiveSecrets(t *testing.T) {
	old, next := []byte("old key"), []byte("next key")
	secrets := source.Secrets{
		[]byte("whsec_" + base64.StdEncoding.EncodeToString(old)),
		[]byte(base64.StdEncoding.EncodeToString(next)), // without the prefix
	}
	g := lookup(t, "generic")
	for _, key := range [][]byte{old, next} {
		if err := g.Verify(signed("webhook-", key, received, "{}"), secrets, received); err != nil {
			t.Errorf("%s was refused: %v", key, err)
		}
	}
	for _, s := range []source.Secrets{nil, {}, {nil}, {[]byte("whsec_")}, secrets[:1]} {
		if g.Verify(signed("webhook-", next, received, "{}"), s, received) == nil {
			t.Errorf("%d other secrets accepted it", len(s))
		}
	}
	shop := source.Secrets{old, next}
	for _, key := range [][]byte{old, next, []byte("another")} {
		r := source.Request{Header: http.Header{}, Body: []byte("{}")}
		r.Header.Set("X-Shopify-Hmac-Sha256", sign(key, "{}"))
		if err := lookup(t, "shopify").Verify(r, shop, received); (err == nil) == (string(key) == "another") {
			t.Errorf("shopify with %s: %v", key, err)
		}
	}
	empty := source.Request{Header: http.Header{}, Body: []byte("{}")}
	empty.Header.Set("X-Shopify-Hmac-Sha256", sign(nil, "{}"))
	if lookup(t, "shopify").Verify(empty, source.Secrets{{}}, received) == nil {
		t.Error("an empty secret signed")
	}
}

// The names that Svix used before the standard, and a secret that is no base64.
func TestOtherSpellings(t *testing.T) {
	g := lookup(t, "generic")
	if err := g.Verify(signed("svix-", []byte("a key!"), received, "{}"), source.Secrets{[]byte("a key!")}, received); err != nil {
		t.Error(err)
	}
}

func TestSignatureAge(t *testing.T) {
	key := []byte("a key!")
	for age, ok := range map[time.Duration]bool{
		0: true, 5 * time.Minute: true, -5 * time.Minute: true, 301 * time.Second: false, -301 * time.Second: false, 1000 * time.Hour: false,
	} {
		err := lookup(t, "generic").Verify(signed("webhook-", key, received, "{}"), source.Secrets{key}, received.Add(age))
		if (err == nil) != ok {
			t.Errorf("age %v: %v", age, err)
		}
		if f, is := errors.AsType[*source.Fault](err); err != nil && (!is || f.Kind != source.FaultStale || f.Status != 401) {
			t.Errorf("age %v: %v", age, err)
		}
	}
}

func TestHeadersThatSignNothing(t *testing.T) {
	key := []byte("a key!")
	for name, value := range map[string]string{
		"webhook-id": "", "webhook-timestamp": "", "webhook-signature": "",
	} {
		r := signed("webhook-", key, received, "{}")
		r.Header.Set(name, value)
		if lookup(t, "generic").Verify(r, source.Secrets{key}, received) == nil {
			t.Errorf("accepted without %s", name)
		}
	}
	for _, stamp := range []string{"now", "-1", "1e9", "99999999999999999999", fmt.Sprint(received.UnixMilli())} {
		r := signed("webhook-", key, received, "{}")
		r.Header.Set("webhook-timestamp", stamp)
		r.Header.Set("webhook-signature", "v1,"+sign(key, "msg_1."+stamp+".{}"))
		if lookup(t, "generic").Verify(r, source.Secrets{key}, received) == nil {
			t.Errorf("accepted the time %s", stamp)
		}
	}
}

// Whoever signed nothing rightly is told that there is nothing; whoever did not is told no more than others.
func TestAnEmptyBodyIsRefused(t *testing.T) {
	key := []byte("a key!")
	for name, c := range map[string]struct {
		sign   []byte
		status int
		detail string
	}{
		"signed rightly": {key, http.StatusUnprocessableEntity, "the body is empty"},
		"signed wrongly": {[]byte("another"), http.StatusUnauthorized, "the signature is wrong"},
	} {
		r := source.Request{Header: http.Header{}}
		r.Header.Set("X-Shopify-Hmac-Sha256", sign(c.sign, ""))
		err := lookup(t, "shopify").Verify(r, source.Secrets{key}, received)
		if f, ok := errors.AsType[*source.Fault](err); !ok || f.Status != c.status || f.Detail != c.detail {
			t.Errorf("%s: %v", name, err)
		}
	}
	generic := lookup(t, "generic")
	r := signed("webhook-", key, received, "")
	if err := generic.Verify(r, source.Secrets{key}, received); err != nil {
		t.Errorf("generic: %v", err)
	}
	_, _, err := generic.Key(r)
	if f, ok := errors.AsType[*source.Fault](err); !ok || f.Status != http.StatusUnprocessableEntity || f.Kind != source.FaultMalformed {
		t.Errorf("generic: %v", err)
	}
}

func TestOneByteMoreIsRefused(t *testing.T) {
	r := signed("webhook-", []byte("a key!"), received, `{"a":1}`)
	r.Body = append(r.Body, ' ')
	if lookup(t, "generic").Verify(r, source.Secrets{[]byte("a key!")}, received) == nil {
		t.Error("the signature is not over the raw body")
	}
}
