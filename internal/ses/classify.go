package ses

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

// Where a send failed.
const (
	phaseCheck   = "check"   // of the message, before any connection
	phaseSign    = "sign"    // credentials, endpoint, signature
	phaseDial    = "dial"    // name, connection, TLS
	phaseRequest = "request" // writing it
	phaseReply   = "reply"   // waiting for the answer, or reading it
)

// wire watches what becomes of one HTTP request.
type wire struct {
	begun  atomic.Bool // a connection was asked for
	open   atomic.Bool // there is one
	broken atomic.Bool // the request could not be written whole
	whole  atomic.Bool // it was
}

func (w *wire) watch(ctx context.Context) context.Context {
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

// classify classes the error of a send. What SES wrote stays out of it: it likes
// to repeat addresses.
func (w *wire) classify(err error) *followup.SendError {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return answered(resp.HTTPStatusCode(), err)
	}
	se := &followup.SendError{Failure: followup.NotAccepted, Err: cause(err)}
	switch {
	case !w.begun.Load():
		se.Phase = phaseSign
		if ctxErr(err) == nil {
			se.Failure = followup.Account // no credentials, no endpoint: no mail of ours would fare better
		}
	case !w.open.Load():
		se.Phase = phaseDial
	case w.broken.Load() && !w.whole.Load():
		se.Phase = phaseRequest // half a request is no request
	default:
		se.Phase, se.Failure = phaseReply, followup.UnclearResult
	}
	return se
}

// Codes of SES and of AWS that say what a failure is. Amazon SES API v2
// Reference, SendEmail "Errors" and "Common Errors".
var (
	accountCodes = []string{
		"AccountSuspended", "SendingPaused", "MailFromDomainNotVerified", "LimitExceeded", // the account
		"NotFound",                                       // the configuration set, the identity
		"AccessDenied", "NotAuthorized", "OptInRequired", // may not
		"UnrecognizedClient", "InvalidClientTokenId", "MissingAuthenticationToken", // who is that
		"IncompleteSignature", "InvalidSignature", "SignatureDoesNotMatch", "ExpiredToken", "RequestExpired",
	}
	refusedCodes = []string{"MessageRejected", "BadRequest", "Validation", "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter"}
	// Texts under which an account's fault hides behind another code: an identity
	// that is not verified is a MessageRejected, a used-up day a TooManyRequests.
	accountWords = []string{"not verified", "sending paused", "sending is paused", "daily message quota", "daily sending quota"}
)

// answered classes an answer that is no acceptance.
func answered(status int, err error) *followup.SendError {
	code, text := "", ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, text = strings.TrimSuffix(api.ErrorCode(), "Exception"), strings.ToLower(api.ErrorMessage())
	}
	se := &followup.SendError{Phase: phaseReply, Code: tidy(code)}
	switch {
	case status < 300 || status >= 500 || status == 408:
		se.Failure, se.Err = followup.UnclearResult, errNoAnswer
	case slices.Contains(accountCodes, code), status == 401 || status == 403, slices.ContainsFunc(accountWords, func(w string) bool { return strings.Contains(text, w) }):
		se.Failure = followup.Account
	case slices.Contains(refusedCodes, code):
		se.Failure = followup.Refused
	default:
		se.Failure = followup.NotAccepted // too fast, or a clear no of a kind nobody knew: a later try may fare better
	}
	return se
}

var errNoAnswer = errors.New("the answer neither accepts nor refuses")

// tidy keeps what a code consists of, at most 60 characters.
func tidy(code string) string {
	code = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return -1
	}, code)
	return code[:min(len(code), 60)]
}

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

var (
	errCertificate  = errors.New("the certificate of SES is not trusted")
	errConversation = errors.New("the conversation with SES broke")
)

func ctxErr(err error) error {
	for _, e := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return e
		}
	}
	return nil
}
