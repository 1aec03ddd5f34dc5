package connect

import "aftersales/internal/awscall"

// answers says what errors of Connect mean. Amazon Connect API Reference,
// StartOutboundVoiceContact "Errors".
var answers = awscall.Service{
	Account: []string{"ResourceNotFound", "ContactFlowNotPublished", "ServiceQuotaExceeded"},
	Refused: []string{"DestinationNotAllowed", "OutboundContactNotPermitted", "InvalidParameter", "InvalidRequest", "Validation"},
	InUse:   409, // another request with the token is being worked on
}
