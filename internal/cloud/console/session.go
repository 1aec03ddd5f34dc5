package console

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/followup"
	"aftersales/internal/link"
)

// Cookies of the console. The prefix makes browsers take them from this host
// only, over TLS, for every path.
const (
	sessionCookie = "__Host-aftersales"
	loginCookie   = "__Host-aftersales-login"
	sessionLife   = 8 * time.Hour
	loginLife     = 10 * time.Minute
)

// What tokens of the console are for; those of customers' links are other letters.
const (
	forSession link.Purpose = 's'
	forLogin   link.Purpose = 'l'
)

// groupAll is the group of the user pool that opens every shop. The others open
// the shop whose id they are named after.
const groupAll = "all"

// session is who works at a browser.
type session struct {
	Name  string            `json:"n"`
	Shops []followup.ShopID `json:"s"` // that they may see, sorted
	Epoch int               `json:"e"` // of the deployment: raising it ends all sessions
}

// login is a log-in under way.
type login struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`           // of PKCE
	To       string `json:"t,omitempty"` // path to come back to
}

// sessions returns what signs the cookies of the console.
func (c *Console) sessions(ctx context.Context) (*link.Signer, error) {
	key, err := c.form.Secret(ctx, cloud.SessionKey)
	if err != nil {
		return nil, err
	}
	return link.New([]byte(key))
}

// sealed returns v as the value of a cookie that opens until expires.
func sealed(s *link.Signer, p link.Purpose, v any, expires time.Time) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return s.Token(p, string(text), expires), nil
}

// errNobody is a request of nobody we know.
var errNobody = errors.New("no valid session")

// opened reads a cookie that sealed made.
func opened(s *link.Signer, p link.Purpose, r *http.Request, name string, now time.Time, v any) error {
	c, err := r.Cookie(name)
	if err != nil {
		return errNobody
	}
	text, err := s.Open(p, c.Value, now)
	if err != nil {
		return errNobody
	}
	return json.Unmarshal([]byte(text), v)
}

// cookie returns a cookie of the console; an empty value ends it.
func cookie(name, value string, life time.Duration) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: int(life / time.Second), Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	return c
}

// shopsOf returns the shops that groups of the user pool open.
func shopsOf(groups []string, shops map[followup.ShopID]*followup.Shop) []followup.ShopID {
	var out []followup.ShopID
	for id := range shops {
		if slices.Contains(groups, groupAll) || slices.Contains(groups, string(id)) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// local returns a path of the console to come back to; anything else is its start.
func local(to string) string {
	if !strings.HasPrefix(to, consoleBase+"/") || strings.ContainsAny(to, "\\\r\n") || strings.Contains(to, "//") {
		return consoleBase + "/"
	}
	return to
}
