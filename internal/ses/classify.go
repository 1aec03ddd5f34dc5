package ses

import "aftersales/internal/awscall"

// answers says what errors of SES mean. Amazon SES API v2 Reference, SendEmail
// "Errors".
var answers = awscall.Service{
	Account: []string{
		"AccountSuspended", "SendingPaused", "MailFromDomainNotVerified",
		"NotFound", // the configuration set, the identity
	},
	Refused: []string{"MessageRejected", "BadRequest", "Validation", "InvalidParameterValue", "InvalidParameterCombination", "MissingParameter"},
	// An identity that is not verified is a MessageRejected, a used-up day a
	// TooManyRequests.
	AccountWords: []string{"not verified", "sending paused", "sending is paused", "daily message quota", "daily sending quota"},
}
