package cloud_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"aftersales/internal/cloud/pages"
	"aftersales/internal/config"
)

func (s *stack) page(method, path, form string) events.APIGatewayV2HTTPResponse {
	s.t.Helper()
	e := events.APIGatewayV2HTTPRequest{RawPath: path, Body: form, Headers: map[string]string{"content-type": "application/x-www-form-urlencoded"}}
	e.RequestContext.HTTP.Method, e.RequestContext.DomainName, e.RequestContext.Stage = method, "nordlight.example", "$default"
	out, err := pages.New(s.form(config.Pages)).Handle(s.t.Context(), e)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

// The link of a mail opens the answer page; a problem posted there opens a case.
func TestACustomerAnswers(t *testing.T) {
	s := newStack(t)
	s.sold(1)
	var link string
	for range 20 {
		s.pass(24*time.Hour - 5*time.Minute)
		s.minutes(5)
		for _, m := range s.mails() {
			if found := regexp.MustCompile(`https://nordlight\.example(/a/[\w-]+)`).FindStringSubmatch(m.Text); found != nil {
				link = found[1]
			}
		}
		if link != "" {
			break
		}
	}
	if link == "" {
		t.Fatal("no mail asks for an answer")
	}
	before := s.journey("1000").Version
	if out := s.page(http.MethodGet, link, ""); out.StatusCode != http.StatusOK || !strings.Contains(out.Headers["Content-Type"], "text/html") {
		t.Fatalf("GET: %d", out.StatusCode)
	}
	if s.journey("1000").Version != before {
		t.Error("GET wrote")
	}
	out := s.page(http.MethodPost, link, url.Values{"answer": {"problem"}}.Encode())
	if out.StatusCode >= 400 {
		t.Fatalf("POST: %d %s", out.StatusCode, out.Body)
	}
	if cases := s.journey("1000").Head.Facts.Cases; len(cases) != 1 {
		t.Errorf("cases %+v", cases)
	}
}

func TestPagesThatLeadNowhere(t *testing.T) {
	s := newStack(t)
	for path, want := range map[string]int{"/healthz": 200, "/a/nonsense": 404, "/": 404, "/hooks/generic/main": 405, "/prod": 404} {
		if out := s.page(http.MethodGet, path, ""); out.StatusCode != want {
			t.Errorf("GET %s: %d, want %d", path, out.StatusCode, want)
		}
	}
	delete(s.secrets.values, "AFTERSALES_LINK_KEY")
	out := s.page(http.MethodGet, "/a/nonsense", "")
	if out.StatusCode != http.StatusServiceUnavailable || !strings.Contains(out.Body, "<h1>") || !strings.Contains(s.metrics.text(), "SecretMissing") {
		t.Errorf("without the key of links: %d %s", out.StatusCode, out.Body)
	}
}

// What the HTTP API hands on arrives as a server would have read it.
func TestRequestsOfAStage(t *testing.T) {
	s := newStack(t)
	e := events.APIGatewayV2HTTPRequest{RawPath: "/prod/healthz"}
	e.RequestContext.HTTP.Method, e.RequestContext.Stage = http.MethodGet, "prod"
	if out, err := pages.New(s.form(config.Pages)).Handle(t.Context(), e); err != nil || out.StatusCode != http.StatusOK {
		t.Errorf("below a stage: %d, %v", out.StatusCode, err)
	}
}
