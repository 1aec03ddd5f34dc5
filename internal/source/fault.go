package source

import (
	"fmt"
	"net/http"
)

// Fault says what is wrong with a webhook and how its sender can mend it. It
// names fields, never values, so it holds nothing personal.
type Fault struct {
	Status int    // HTTP: 401, 413 or 422
	Kind   string // stable, for machines: one of the Fault* constants
	Detail string // what is wrong, with the path of the field
	Mend   string // what to send instead, with an example
}

// The kinds of faults.
const (
	FaultSignature = "signature"    // missing, malformed or wrong
	FaultStale     = "stale"        // signed too long ago, or in the future
	FaultTooLarge  = "too-large"    // over MaxBody
	FaultMalformed = "malformed"    // no JSON, or not UTF-8
	FaultType      = "wrong-type"   // a field of another type
	FaultValue     = "wrong-value"  // a field of the right type that cannot be
	FaultMissing   = "missing"      // a field that is needed
	FaultUnknown   = "unknown-type" // a topic or event type that nobody reads
)

// Error returns what is wrong and how to mend it.
func (f *Fault) Error() string {
	if f.Mend == "" {
		return f.Detail
	}
	return f.Detail + ": " + f.Mend
}

func unprocessable(kind, detail, mend string) *Fault {
	return &Fault{Status: http.StatusUnprocessableEntity, Kind: kind, Detail: detail, Mend: mend}
}

func missing(path, mend string) *Fault {
	return unprocessable(FaultMissing, path+" is missing", mend)
}

func wrongValue(path, what, mend string) *Fault {
	return unprocessable(FaultValue, path+" "+what, mend)
}

func unauthorized(kind, detail, mend string) *Fault {
	return &Fault{Status: http.StatusUnauthorized, Kind: kind, Detail: detail, Mend: mend}
}

func tooLarge(n int) *Fault {
	return &Fault{
		Status: http.StatusRequestEntityTooLarge, Kind: FaultTooLarge,
		Detail: fmt.Sprintf("the body has %d bytes", n),
		Mend:   fmt.Sprintf("send at most %d bytes", MaxBody),
	}
}
