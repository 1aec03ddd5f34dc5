package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"

	"aftersales/internal/followup"
)

var contactEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ContactID returns the id of the contact with that mail address, phone number
// or order: 26 lower-case letters and digits that only the holder of secret
// can make, so it can be logged. A kind tells values of one form apart, such as
// "mail" and "phone". An empty value has no id.
func ContactID(secret []byte, kind, value string) followup.ContactID {
	if value == "" {
		return ""
	}
	h := hmac.New(sha256.New, derive(secret, "contact"))
	h.Write([]byte(kind + "\x00" + value))
	return followup.ContactID(contactEncoding.EncodeToString(h.Sum(nil)[:16]))
}
