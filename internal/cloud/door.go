package cloud

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"aftersales/internal/link"
)

// oauth returns where operators log in, and are sent back to.
func (f *Form) oauth() *oauth2.Config {
	d := f.Env.Door
	return &oauth2.Config{
		ClientID: d.Client, RedirectURL: d.Console + consoleBase + "/callback", Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
		Endpoint: oauth2.Endpoint{
			AuthURL: d.LoginURL + "/oauth2/authorize", TokenURL: d.LoginURL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// login sends a browser to the managed log-in, with a cookie that only its
// return fits.
func (f *Form) login(w http.ResponseWriter, r *http.Request, s *link.Signer) {
	l := login{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: local(r.URL.Query().Get("to"))}
	value, err := sealed(s, forLogin, l, f.Now().Add(loginLife))
	if err != nil {
		f.closed(w, r, http.StatusInternalServerError, "log-in not begun", err)
		return
	}
	http.SetCookie(w, cookie(loginCookie, value, loginLife))
	http.Redirect(w, r, f.oauth().AuthCodeURL(l.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier)), http.StatusSeeOther)
}

// callback exchanges the code for a token, on the server, and opens a session.
func (f *Form) callback(w http.ResponseWriter, r *http.Request, s *link.Signer, work *work) {
	var l login
	if err := opened(s, forLogin, r, loginCookie, f.Now(), &l); err != nil {
		f.closed(w, r, http.StatusBadRequest, "log-in was not begun here, or too long ago", err)
		return
	}
	http.SetCookie(w, cookie(loginCookie, "", 0)) // it fits once
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.State)) != 1 {
		f.closed(w, r, http.StatusBadRequest, "log-in came back with another state", errNobody)
		return
	}
	if q.Get("code") == "" {
		f.closed(w, r, http.StatusForbidden, "log-in was refused", errors.New("the provider gave no code"))
		return
	}
	who, err := f.exchange(r.Context(), q.Get("code"), &l)
	if err != nil {
		f.closed(w, r, http.StatusForbidden, "log-in was refused", err)
		return
	}
	open := session{Name: who.name(), Shops: shopsOf(who.Groups, work.Shops), Epoch: work.epoch}
	if len(open.Shops) == 0 {
		f.closed(w, r, http.StatusForbidden, "this account is in no group that may see a shop", errNobody)
		return
	}
	value, err := sealed(s, forSession, open, f.Now().Add(sessionLife))
	if err != nil {
		f.closed(w, r, http.StatusInternalServerError, "session not opened", err)
		return
	}
	http.SetCookie(w, cookie(sessionCookie, value, sessionLife))
	http.Redirect(w, r, l.To, http.StatusSeeOther)
}

// claims are what the token says of an operator.
type claims struct {
	Email    string   `json:"email"`
	Username string   `json:"cognito:username"`
	Groups   []string `json:"cognito:groups"`
	Use      string   `json:"token_use"`
}

func (c *claims) name() string {
	if c.Email != "" {
		return c.Email
	}
	return c.Username
}

// exchange returns who logged in: the token must be of our pool, for us, of
// this log-in and still good.
func (f *Form) exchange(ctx context.Context, code string, l *login) (*claims, error) {
	ctx = oidc.ClientContext(ctx, f.Web)
	token, err := f.oauth().Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return nil, fmt.Errorf("exchange code: %w", withoutBody(err))
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := f.verifier().Verify(ctx, raw) //nolint:contextcheck // the provider's keys outlive the request
	if err != nil {
		return nil, fmt.Errorf("verify token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.Nonce)) != 1 {
		return nil, errors.New("verify token: it is of another log-in")
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	if c.Use != "" && c.Use != "id" {
		return nil, errors.New("read token: it is no id token")
	}
	return &c, nil
}

// withoutBody drops what the provider answered: it may name a person.
func withoutBody(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("the provider answered %s %s", e.Response.Status, e.ErrorCode)
	}
	return err
}

// verifier checks tokens; it keeps the provider's keys as long as the sandbox lives.
func (f *Form) verifier() *oidc.IDTokenVerifier {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.tokens == nil {
		keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), f.Web), f.Env.Door.Keys)
		f.tokens = oidc.NewVerifier(f.Env.Door.Issuer, keys, &oidc.Config{ClientID: f.Env.Door.Client, Now: f.Now})
	}
	return f.tokens
}

// logout ends the session here and at the provider.
func (f *Form) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(sessionCookie, "", 0))
	q := url.Values{"client_id": {f.Env.Door.Client}, "logout_uri": {f.Env.Door.Console + consoleBase + "/"}}
	http.Redirect(w, r, f.Env.Door.LoginURL+"/logout?"+q.Encode(), http.StatusSeeOther)
}

// closed is the page of a log-in that did not work.
func (f *Form) closed(w http.ResponseWriter, r *http.Request, status int, what string, err error) {
	f.Log.WarnContext(r.Context(), "log-in failed", "status", status, "what", what, "err", err)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Log-in</title>"+
		"<h1>You are not logged in</h1><p>The %s.</p><p><a href=\"%s/login\">Log in again</a></p></html>\n", what, consoleBase) // the reader is gone: nobody to tell
}
