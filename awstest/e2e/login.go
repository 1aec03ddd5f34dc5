package main

import (
	"context"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

var hidden = regexp.MustCompile(`<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"`)

// console logs in as an operator does: the console leads to Cognito's page, its
// form back with a code, which the console exchanges on the server.
func console(ctx context.Context, s *stack) (string, error) {
	status, _, err := s.get(ctx, "/console/orders")
	if err != nil || status != http.StatusSeeOther {
		return "", fmt.Errorf("without a session: %d %v", status, err)
	}
	to, _, err := s.follow(ctx, http.MethodGet, s.api+"/console/login", nil)
	if err != nil {
		return "", err
	}
	_, page, err := s.follow(ctx, http.MethodGet, to, nil)
	if err != nil {
		return "", err
	}
	form := url.Values{"username": {output("Operator")}, "password": {output("Password")}}
	for _, m := range hidden.FindAllStringSubmatch(page, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	u, err := url.Parse(to)
	if err != nil {
		return "", err
	}
	back, page, err := s.follow(ctx, http.MethodPost, u.Scheme+"://"+u.Host+"/login", form)
	if err != nil || !strings.HasPrefix(back, s.api+"/console/callback?") {
		return "", fmt.Errorf("Cognito leads to %q %v %.200s", back, err, page) //nolint:revive // its name
	}
	if home, page, err := s.follow(ctx, http.MethodGet, back, nil); err != nil || home != s.api+"/console/" {
		return "", fmt.Errorf("the console leads to %q %v %.300s", home, err, page)
	}
	for path, want := range map[string]string{"/console/": "/console/cases", "/console/cases": first, "/console/calls": called} {
		status, body, err := s.get(ctx, path)
		if err != nil || status != http.StatusOK || !strings.Contains(body, want) {
			return "", fmt.Errorf("%s: %d, no %q in it: %v", path, status, want, err)
		}
	}
	return "code and PKCE, token checked, session; the case and the call are shown", nil
}

// follow returns where a request leads, absolute, and the page.
func (s *stack) follow(ctx context.Context, method, address string, form url.Values) (to, page string, err error) {
	out, err := s.answerOf(ctx, method, address, form)
	if err != nil {
		return "", "", err
	}
	defer out.Body.Close()
	body, err := io.ReadAll(out.Body)
	if err != nil {
		return "", "", err
	}
	if location, err := out.Location(); err == nil {
		to = location.String()
	}
	if out.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s: %d", address[:min(len(address), 80)], out.StatusCode)
	}
	return to, string(body), err
}
