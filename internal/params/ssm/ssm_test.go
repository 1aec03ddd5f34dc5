package ssm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go"

	"aftersales/internal/params/ssm"
)

// answer is what the service says; without a status the connection breaks.
type answer struct {
	status int
	body   string
	before func()
}

// service answers one request after another.
type service struct {
	answers []answer
	got     []*http.Request
	bodies  []string
}

func (s *service) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.got, s.bodies = append(s.got, r), append(s.bodies, string(body))
	next := s.answers[0]
	s.answers = s.answers[1:]
	if next.before != nil {
		next.before()
	}
	if next.status == 0 {
		return nil, errors.New("connection reset")
	}
	return &http.Response{StatusCode: next.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(next.body))}, nil
}

func (s *service) client(region string, endpoint *string) *ssm.Client {
	return ssm.New(aws.Config{Region: region, BaseEndpoint: endpoint, HTTPClient: s, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "TOKEN")})
}

func TestARequestIsSignedForItsRegion(t *testing.T) {
	for region, want := range map[string]string{"eu-central-1": "https://ssm.eu-central-1.amazonaws.com/", "cn-north-1": "https://ssm.cn-north-1.amazonaws.com.cn/"} {
		s := &service{answers: []answer{{status: 200, body: `{"Parameters":[{"Name":"/a","Value":"v"}],"InvalidParameters":["/b"]}`}}}
		out, err := s.client(region, nil).GetParameters(t.Context(), ssm.GetParametersInput{Names: []string{"/a", "/b"}, WithDecryption: true})
		if err != nil || len(out.Parameters) != 1 || out.Parameters[0] != (ssm.Parameter{Name: "/a", Value: "v"}) {
			t.Errorf("%+v, %v", out, err)
		}
		r := s.got[0]
		auth := r.Header.Get("Authorization")
		if r.URL.String() != want || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameters" || r.Header.Get("X-Amz-Security-Token") != "TOKEN" ||
			!strings.Contains(auth, "/"+region+"/ssm/aws4_request") || !strings.Contains(auth, "x-amz-target") {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		if want := `{"Names":["/a","/b"],"WithDecryption":true}`; s.bodies[0] != want {
			t.Errorf("sent %s, want %s", s.bodies[0], want)
		}
	}
	s := &service{answers: []answer{{status: 200, body: `{}`}}}
	if err := s.client("eu-central-1", new("http://127.0.0.1:1/")).DeleteParameter(t.Context(), ssm.DeleteParameterInput{Name: "/a"}); err != nil || s.got[0].URL.String() != "http://127.0.0.1:1/" {
		t.Errorf("%v: %v", s.got[0].URL, err)
	}
}

func TestWhatIsTriedAgain(t *testing.T) {
	refusal := answer{status: 400, body: `{"__type":"com.amazonaws.ssm#ParameterAlreadyExists","message":"no"}`}
	busy := answer{status: 400, body: `{"__type":"ThrottlingException"}`}
	for name, c := range map[string]struct {
		answers []answer
		code    string // "": it is written
		calls   int
	}{
		"a refusal":            {[]answer{refusal}, "ParameterAlreadyExists", 1},
		"no code":              {[]answer{{status: 403, body: "<html>"}}, "status 403", 1},
		"a fault of theirs":    {[]answer{{status: 500, body: ""}, {status: 200, body: "{}"}}, "", 2},
		"a lost connection":    {[]answer{{}, busy, {status: 200, body: "{}"}}, "", 3},
		"too busy, and for it": {[]answer{busy, busy, busy}, "ThrottlingException", 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &service{answers: c.answers}
			err := s.client("eu-central-1", nil).PutParameter(t.Context(), ssm.PutParameterInput{Name: "/a", Value: "v", Type: "SecureString", Tier: "Standard"})
			code := ""
			if api, ok := errors.AsType[smithy.APIError](err); ok {
				code = api.ErrorCode()
			}
			if code != c.code || (err == nil) != (c.code == "") || len(s.got) != c.calls {
				t.Errorf("%s: %v after %d requests, want %q after %d", name, err, len(s.got), c.code, c.calls)
			}
		})
	}
}

func TestNobodyWaitsLongerThanTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{answers: []answer{{before: cancel}}}
	if err := s.client("eu-central-1", nil).DeleteParameter(ctx, ssm.DeleteParameterInput{Name: "/a"}); err == nil || len(s.got) != 1 {
		t.Errorf("%v after %d requests", err, len(s.got))
	}
}
