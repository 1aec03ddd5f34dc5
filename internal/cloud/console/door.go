package console

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

	"aftersales/internal/cloud"
	"aftersales/internal/link"
)

// oauth returns where operators log in, and are sent back to.
func (c *Console) oauth() *oauth2.Config {
	d := c.form.Env.Door
	return &oauth2.Config{
		ClientID: d.Client, RedirectURL: d.Console + consoleBase + "/callback", Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
		Endpoint: oauth2.Endpoint{
			AuthURL: d.LoginURL + "/oauth2/authorize", TokenURL: d.LoginURL + "/oauth2/token", AuthStyle: oauth2.AuthStyleInParams,
		},
	}
}

// login sends a browser to the managed log-in, with a cookie that only its
// return fits.
func (c *Console) login(w http.ResponseWriter, r *http.Request, s *link.Signer) {
	l := login{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), To: local(r.URL.Query().Get("to"))}
	value, err := sealed(s, forLogin, l, c.form.Now().Add(loginLife))
	if err != nil {
		c.closed(w, r, http.StatusInternalServerError, "log-in not begun", err)
		return
	}
	http.SetCookie(w, cookie(loginCookie, value, loginLife))
	http.Redirect(w, r, c.oauth().AuthCodeURL(l.State, oidc.Nonce(l.Nonce), oauth2.S256ChallengeOption(l.Verifier)), http.StatusSeeOther)
}

// callback exchanges the code for a token, on the server, and opens a session.
func (c *Console) callback(w http.ResponseWriter, r *http.Request, s *link.Signer, work *cloud.Work) {
	var l login
	if err := opened(s, forLogin, r, loginCookie, c.form.Now(), &l); err != nil {
		c.closed(w, r, http.StatusBadRequest, "log-in was not begun here, or too long ago", err)
		return
	}
	http.SetCookie(w, cookie(loginCookie, "", 0)) // it fits once
	q := r.URL.Query()
	if subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.State)) != 1 {
		c.closed(w, r, http.StatusBadRequest, "log-in came back with another state", errNobody)
		return
	}
	if q.Get("code") == "" {
		c.closed(w, r, http.StatusForbidden, "log-in was refused", errors.New("the provider gave no code"))
		return
	}
	who, err := c.exchange(r.Context(), q.Get("code"), &l)
	if err != nil {
		c.closed(w, r, http.StatusForbidden, "log-in was refused", err)
		return
	}
	open := session{Name: who.name(), Shops: shopsOf(who.Groups, work.Shops), Epoch: work.Epoch}
	if len(open.Shops) == 0 {
		c.closed(w, r, http.StatusForbidden, "this account is in no group that may see a shop", errNobody)
		return
	}
	value, err := sealed(s, forSession, open, c.form.Now().Add(sessionLife))
	if err != nil {
		c.closed(w, r, http.StatusInternalServerError, "session not opened", err)
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
func (c *Console) exchange(ctx context.Context, code string, l *login) (*claims, error) {
	ctx = oidc.ClientContext(ctx, c.web)
	token, err := c.oauth().Exchange(ctx, code, oauth2.VerifierOption(l.Verifier))
	if err != nil {
		return nil, fmt.Errorf("exchange code: %w", withoutBody(err))
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := c.verifier().Verify(ctx, raw) //nolint:contextcheck // the provider's keys outlive the request
	if err != nil {
		return nil, fmt.Errorf("verify token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(l.Nonce)) != 1 {
		return nil, errors.New("verify token: it is of another log-in")
	}
	var said claims
	if err := id.Claims(&said); err != nil {
		return nil, fmt.Errorf("read token: %w", err)
	}
	if said.Use != "" && said.Use != "id" {
		return nil, errors.New("read token: it is no id token")
	}
	return &said, nil
}

// withoutBody drops what the provider answered: it may name a person.
func withoutBody(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("the provider answered %s %s", e.Response.Status, e.ErrorCode)
	}
	return err
}

// verifier checks tokens; it keeps the provider's keys as long as the sandbox lives.
func (c *Console) verifier() *oidc.IDTokenVerifier {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tokens == nil {
		keys := oidc.NewRemoteKeySet(oidc.ClientContext(context.Background(), c.web), c.form.Env.Door.Keys)
		c.tokens = oidc.NewVerifier(c.form.Env.Door.Issuer, keys, &oidc.Config{ClientID: c.form.Env.Door.Client, Now: c.form.Now})
	}
	return c.tokens
}

// logout ends the session here and at the provider.
func (c *Console) logout(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, cookie(sessionCookie, "", 0))
	q := url.Values{"client_id": {c.form.Env.Door.Client}, "logout_uri": {c.form.Env.Door.Console + consoleBase + "/"}}
	http.Redirect(w, r, c.form.Env.Door.LoginURL+"/logout?"+q.Encode(), http.StatusSeeOther)
}

// closed is the page of a log-in that did not work.
func (c *Console) closed(w http.ResponseWriter, r *http.Request, status int, what string, err error) {
	c.form.Log.WarnContext(r.Context(), "log-in failed", "status", status, "what", what, "err", err)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Log-in</title>"+
		"<h1>You are not logged in</h1><p>The %s.</p><p><a href=\"%s/login\">Log in again</a></p></html>\n", what, consoleBase) // the reader is gone: nobody to tell
}
