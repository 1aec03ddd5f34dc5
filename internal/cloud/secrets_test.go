package cloud_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/params"
)

// parameters answers as SSM does when it is read, without a network.
type parameters struct {
	mu     sync.Mutex
	stored map[string]string // by the last part of the name
	down   bool
	reads  int
}

func (p *parameters) set(name, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stored[name] = text
}

// Do answers GetParameters.
func (p *parameters) Do(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var in struct{ Names []string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	p.reads++
	var out struct{ Parameters []object }
	for _, n := range in.Names {
		if text, ok := p.stored[n[strings.LastIndexByte(n, '/')+1:]]; ok {
			out.Parameters = append(out.Parameters, object{"Name": n, "Value": text})
		}
	}
	status := http.StatusOK
	if p.down {
		status = http.StatusBadRequest
	}
	body, err := json.Marshal(out)
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}}, Body: io.NopCloser(bytes.NewReader(body)),
	}, err
}

// A secret is changed without a gap: the second one set, used by the shop, then
// made the only one. Sandboxes that know the first alone take every webhook.
func TestASecretIsExchangedWithoutAGap(t *testing.T) {
	s := newStack(t)
	ssm := &parameters{stored: s.secrets.values}
	shared := aws.Config{Region: "eu-central-1", HTTPClient: ssm, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}
	parts := s.parts(config.Intake)
	parts.Secrets = params.New(shared, "test",
		"AFTERSALES_LINK_KEY", "AFTERSALES_LINK_KEY_OLD", "AFTERSALES_CONTACT_KEY", "AFTERSALES_GENERIC_SECRET_MAIN", "AFTERSALES_GENERIC_SECRET_MAIN_NEXT")
	warm := cloud.New(parts)
	post := func(order, secret string) int {
		t.Helper()
		out, err := warm.Intake(t.Context(), signed(bought(order, s.Now()), secret))
		if err != nil {
			t.Fatal(err)
		}
		return out.StatusCode
	}
	const fresh = "a fresh secret of thirty-two bytes or more"
	if got := post("1", genericSecret); got != http.StatusAccepted {
		t.Fatalf("with the first secret: %d", got)
	}
	before := ssm.reads
	ssm.set("AFTERSALES_GENERIC_SECRET_MAIN_NEXT", "whsec_"+base64.StdEncoding.EncodeToString([]byte(fresh)))
	if got := post("2", fresh); got != http.StatusAccepted || ssm.reads != before+1 {
		t.Errorf("with the second one: %d after %d requests, want it taken after one", got, ssm.reads-before)
	}
	if got := post("3", genericSecret); got != http.StatusAccepted {
		t.Errorf("with the first one meanwhile: %d", got)
	}
	for range 3 {
		if got := post("4", "wrong"); got != http.StatusUnauthorized || ssm.reads != before+1 {
			t.Errorf("with a wrong one: %d after %d requests, want no more of them", got, ssm.reads-before)
		}
	}
}

// A secret that is set after the first webhook came is taken within a minute, and
// asked for no more often than that; until then the log says how to set it.
func TestASecretThatWasMissingIsTakenWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const name = "AFTERSALES_GENERIC_SECRET_MAIN"
		s := newStack(t)
		secret := s.secrets.values[name]
		delete(s.secrets.values, name)
		ssm := &parameters{stored: s.secrets.values}
		parts := s.parts(config.Intake)
		parts.Secrets = params.New(aws.Config{Region: "eu-central-1", HTTPClient: ssm, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")}, "test",
			"AFTERSALES_LINK_KEY", "AFTERSALES_LINK_KEY_OLD", "AFTERSALES_CONTACT_KEY", name, name+"_NEXT")
		warm := cloud.New(parts)
		post := func(want int) {
			t.Helper()
			out, err := warm.Intake(t.Context(), signed(bought("1", s.Now()), genericSecret))
			if err != nil || out.StatusCode != want {
				t.Errorf("%d %v, want %d", out.StatusCode, err, want)
			}
		}
		post(http.StatusServiceUnavailable)
		if log := s.logs.text(); !strings.Contains(log, name) || !strings.Contains(log, "aftersales secrets set main generic --stack test") || strings.Contains(log, "secrets init") {
			t.Errorf("the log says %s", log)
		}
		first := ssm.reads
		for range 59 {
			time.Sleep(time.Second)
			post(http.StatusServiceUnavailable)
		}
		if ssm.reads != first {
			t.Errorf("asked %d times within a minute", ssm.reads-first)
		}
		ssm.set(name, secret)
		time.Sleep(time.Second)
		post(http.StatusAccepted)
	})
}

// The keys that every stack needs are made, not set.
func TestAKeyThatIsMissingSaysWhatMakesIt(t *testing.T) {
	s := newStack(t)
	delete(s.secrets.values, "AFTERSALES_CONTACT_KEY")
	if _, err := s.form(config.Deliver).Work(t.Context()); err == nil || !strings.Contains(err.Error(), "AFTERSALES_CONTACT_KEY; `aftersales secrets init --stack test` makes it") {
		t.Error(err)
	}
}
