// Package awscall tells what became of one request that asks an AWS service to
// reach a customer: it was never made, it was refused, or nobody knows. What
// nobody knows is never done twice, so it matters how far the request came.
package awscall

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"aftersales/internal/followup"
)

// Where a request failed. An adapter that refuses a message itself says
// PhaseCheck.
const (
	PhaseCheck   = "check"   // of the message, before any connection
	PhaseSign    = "sign"    // credentials, endpoint, signature
	PhaseDial    = "dial"    // name, connection, TLS
	PhaseRequest = "request" // writing it
	PhaseReply   = "reply"   // waiting for the answer, or reading it
)

// Service is what the answers of one service mean.
type Service struct {
	// Codes of errors without the ending "Exception", beside those all services
	// of AWS have.
	Account []string // no message of ours would fare better
	Refused []string // this one never will
	// AccountWords are texts, in lower case, under which a fault of the account
	// hides behind a code of Refused or an unknown one.
	AccountWords []string
	// InUse is a status with which the service says that it is at work on this
	// very request; 0: it has none.
	InUse int
}

// Codes that every service has. "Common Errors" of the API references of Amazon
// SES and Amazon Connect.
var commonAccount = []string{
	"AccessDenied", "NotAuthorized", "OptInRequired", "LimitExceeded", // may not
	"UnrecognizedClient", "InvalidClientTokenId", "MissingAuthenticationToken", // who is that
	"IncompleteSignature", "InvalidSignature", "SignatureDoesNotMatch", "ExpiredToken", "RequestExpired",
}

// Wire watches one operation, with all of its requests if the SDK repeats them.
// The zero value is ready.
type Wire struct {
	begun  atomic.Bool // a connection was asked for
	open   atomic.Bool // there is one
	broken atomic.Bool // a request could not be written whole
	whole  atomic.Bool // one was
}

// Watch returns a context under which the operation is to be made.
func (w *Wire) Watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { w.begun.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.open.Store(true) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err != nil {
				w.broken.Store(true)
			} else {
				w.whole.Store(true)
			}
		},
	})
}

// Classify classes the error of the operation. What the service wrote stays out
// of it: it likes to repeat addresses and numbers.
func (w *Wire) Classify(s Service, err error) *followup.SendError {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return s.answered(resp.HTTPStatusCode(), err)
	}
	se := &followup.SendError{Failure: followup.NotAccepted, Err: cause(err)}
	switch {
	case !w.begun.Load():
		se.Phase = PhaseSign
		if ctxErr(err) == nil {
			se.Failure = followup.Account // no credentials, no endpoint
		}
	case !w.open.Load():
		se.Phase = PhaseDial
	case w.broken.Load() && !w.whole.Load():
		se.Phase = PhaseRequest // half a request is no request
	default:
		se.Phase, se.Failure = PhaseReply, followup.UnclearResult
	}
	return se
}

// answered classes an answer that is no acceptance.
func (s Service) answered(status int, err error) *followup.SendError {
	code, text := "", ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, text = strings.TrimSuffix(api.ErrorCode(), "Exception"), strings.ToLower(api.ErrorMessage())
	}
	se := &followup.SendError{Phase: PhaseReply, Code: Code(code)}
	switch {
	case status < 300 || status >= 500 || status == 408 || status == s.InUse:
		se.Failure, se.Err = followup.UnclearResult, errNoAnswer
	case s.account(code, text):
		se.Failure = followup.Account
	case slices.Contains(s.Refused, code):
		se.Failure = followup.Refused
	case status == 401 || status == 403:
		se.Failure = followup.Account
	default:
		se.Failure = followup.NotAccepted // too fast, or a clear no of a kind nobody knew: a later try may fare better
	}
	return se
}

func (s Service) account(code, text string) bool {
	return slices.Contains(commonAccount, code) || slices.Contains(s.Account, code) ||
		slices.ContainsFunc(s.AccountWords, func(w string) bool { return strings.Contains(text, w) })
}

// Code keeps what a code of an error or event consists of, at most 60 characters:
// a text in its place may repeat an address.
func Code(code string) string {
	code = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, code)
	return code[:min(len(code), 60)]
}

var (
	errNoAnswer     = errors.New("the answer neither accepts nor refuses")
	errCertificate  = errors.New("the certificate of the service is not trusted")
	errConversation = errors.New("the conversation with the service broke")
)

// cause returns the part of err that says what happened and names nobody.
func cause(err error) error {
	if ctx := ctxErr(err); ctx != nil {
		return ctx
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return dns
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errCertificate
	}
	return errConversation
}

func ctxErr(err error) error {
	for _, e := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return e
		}
	}
	return nil
}
