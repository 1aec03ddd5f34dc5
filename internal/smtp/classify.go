package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail/smtp"

	"aftersales/internal/followup"
)

// phase is where in the conversation something happened.
type phase string

const (
	phaseCheck    phase = "check" // of the message, before any connection
	phaseDial     phase = "dial"
	phaseTLS      phase = "tls"
	phaseGreeting phase = "greeting"
	phaseHello    phase = "ehlo"
	phaseAuth     phase = "auth"
	phaseMail     phase = "mail"
	phaseRcpt     phase = "rcpt"
	phaseData     phase = "data" // up to the final dot
	phaseEnd      phase = "end"  // the reply to it
)

var (
	errNoUTF8  = errors.New("the relay cannot write to addresses beyond ASCII")
	errGarbage = errors.New("the reply is not understood")
)

// failureOf is failure, and nil for nil.
func failureOf(p phase, err error) error {
	if err == nil {
		return nil
	}
	return failure(p, err)
}

// failure classes an error of a phase. What the relay wrote stays out of it: it
// likes to repeat the customer's address.
func failure(p phase, err error) *followup.SendError {
	se := &followup.SendError{Phase: string(p)}
	code, text := reply(err)
	if code == 0 {
		se.Failure, se.Err = silent(p, err), cause(err)
		return se
	}
	enhanced := enhancedCode(text)
	se.Code = strings.TrimSpace(strconv.Itoa(code) + " " + enhanced)
	se.Failure = replied(p, code, enhanced, text)
	se.Bounce = se.Failure == followup.Refused && p == phaseRcpt && strings.HasPrefix(enhanced, "5.1.")
	return se
}

// reply returns the code and text that the relay answered; code 0 without one.
func reply(err error) (code int, text string) {
	if r, ok := errors.AsType[*textproto.Error](err); ok {
		return r.Code, r.Msg
	}
	return 0, ""
}

// silent classes an end of the conversation without a reply.
func silent(p phase, err error) followup.Failure {
	switch {
	case p == phaseEnd:
		return followup.UnclearResult // the relay has all of it and may have taken it
	case errors.Is(err, errNoUTF8):
		return followup.Refused
	case ours(err):
		return followup.Account
	default:
		return followup.NotAccepted
	}
}

// ours reports whether only a person can mend it: no later try would go better.
func ours(err error) bool {
	for _, e := range []error{errNoTLS, errNoAuth, smtp.ErrUnencrypted, smtp.ErrUnexpectedServerChallange, smtp.ErrUnexpectedServerResponse} {
		if errors.Is(err, e) {
			return true
		}
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return true // the other side speaks no TLS
	}
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "remote error" // crypto/tls: the other side sent an alert, it wants another TLS
}

// replied classes a reply that says no.
func replied(p phase, code int, enhanced, text string) followup.Failure {
	if accountFault(p, code, enhanced, strings.ToLower(text)) {
		return followup.Account
	}
	switch {
	case code/100 == 4:
		return followup.NotAccepted
	case code/100 != 5 && p == phaseEnd:
		return followup.UnclearResult // neither yes nor no
	case code/100 != 5, code == 503 && p != phaseEnd:
		return followup.NotAccepted // we and the relay lost step; a new connection is in step again
	default:
		return followup.Refused
	}
}

// Codes and words that concern us and not the mail: the next one would fare no
// better, so none must be given up for it.
var (
	// RFC 4954 6: log in first, too weak, wrong, not without TLS.
	accountCodes = []int{530, 534, 535, 538}
	// RFC 3463 3.2 and RFC 4954: the sender's address; log-in.
	accountEnhanced = []string{"5.1.7", "5.1.8", "5.7.8", "5.7.9", "5.7.11"}
	// What MAIL is refused for without fault of ours: size and content.
	mailCodes = []int{552, 554}
	// Amazon SES Developer Guide, "SMTP response codes".
	accountWords = []string{"not verified", "sending paused", "daily message quota exceeded"}
)

func accountFault(p phase, code int, enhanced, text string) bool {
	if slices.ContainsFunc(accountWords, func(w string) bool { return strings.Contains(text, w) }) {
		return true
	}
	if code/100 != 5 {
		return false
	}
	if slices.Contains(accountCodes, code) || slices.Contains(accountEnhanced, enhanced) {
		return true
	}
	switch p {
	case phaseGreeting, phaseHello, phaseTLS, phaseAuth:
		return true // no mail was spoken of yet
	case phaseMail: // only the sender was
		about := slices.Contains(mailCodes, code) && !strings.HasPrefix(enhanced, "5.1.") && !strings.HasPrefix(enhanced, "5.7.")
		return code != 503 && !about
	case phaseRcpt:
		return relayPattern.MatchString(text) // it does not know us
	default:
		return false
	}
}

// relayPattern: "Relay access denied" (Postfix), "relay not permitted" (Exim),
// "Relaying denied" (Sendmail), "Unable to relay" (Exchange).
var relayPattern = regexp.MustCompile(`relay(?:ing)?(?: access)? (?:denied|not permitted|not allowed|prohibited)|(?:unable|not permitted|not allowed) to relay`)

var enhancedPattern = regexp.MustCompile(`^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)`)

// enhancedCode returns the RFC 3463 code at the start of a reply's text, or "".
func enhancedCode(text string) string {
	if m := enhancedPattern.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// cause keeps of an error what cannot be personal.
func cause(err error) error {
	if _, ok := errors.AsType[net.Error](err); ok {
		return err
	}
	for _, e := range []error{context.Canceled, io.EOF, io.ErrUnexpectedEOF, errLongReply, errExtraReply, errNoUTF8} {
		if errors.Is(err, e) {
			return e
		}
	}
	if ours(err) {
		return err
	}
	return errGarbage
}
