package connect

import (
	"context"
	"errors"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"aftersales/internal/followup"
)

// Where a call failed.
const (
	phaseCheck = "check" // of the message, before any connection
	phaseDial  = "dial"  // credentials, name, connection
	phaseReply = "reply" // the answer, or none
)

// Codes of Connect that say what a failure is. Amazon Connect API Reference,
// StartOutboundVoiceContact "Errors", and "Common Errors".
var (
	accountCodes = []string{
		"AccessDenied", "ResourceNotFound", "ContactFlowNotPublished", "LimitExceeded", "ServiceQuotaExceeded", "UnrecognizedClient",
		"InvalidSignature", "ExpiredToken", "NotAuthorized", "OptInRequired",
	}
	refusedCodes = []string{"DestinationNotAllowed", "OutboundContactNotPermitted", "InvalidParameter", "InvalidRequest", "Validation"}
)

var (
	errNoAnswer     = errors.New("the answer neither accepts nor refuses")
	errConversation = errors.New("the conversation with Connect broke")
)

// wire watches whether any of the requests of one call reached Connect.
type wire struct{ open atomic.Bool }

func (w *wire) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { w.open.Store(true) }})
}

// classify classes the error of a call. What Connect wrote stays out of it: it
// may repeat the number.
func (w *wire) classify(err error) *followup.SendError {
	if resp, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && resp.HTTPStatusCode() != 0 {
		return answered(resp.HTTPStatusCode(), err)
	}
	se := &followup.SendError{Failure: followup.UnclearResult, Phase: phaseReply, Err: errConversation}
	for _, e := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			se.Err = e
		}
	}
	if !w.open.Load() {
		se.Failure, se.Phase = followup.NotAccepted, phaseDial
	}
	return se
}

func answered(status int, err error) *followup.SendError {
	code := ""
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code = strings.TrimSuffix(api.ErrorCode(), "Exception")
	}
	se := &followup.SendError{Phase: phaseReply, Code: code}
	switch {
	case status < 300 || status >= 500 || status == 408 || status == 409: // 409: the token is in use
		se.Failure, se.Err = followup.UnclearResult, errNoAnswer
	case slices.Contains(refusedCodes, code):
		se.Failure = followup.Refused
	case slices.Contains(accountCodes, code), status == 401 || status == 403:
		se.Failure = followup.Account
	default:
		se.Failure = followup.NotAccepted // too fast, or a clear no of a kind nobody knew
	}
	return se
}
