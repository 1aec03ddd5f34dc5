package source

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// maxAge is how old, or how far in the future, a signed time may be.
const maxAge = 5 * time.Minute

// signedBy reports whether one of macs is the HMAC-SHA256 of message under one
// of keys. Every pair is compared, so the time taken tells nothing.
func signedBy(keys, macs [][]byte, message ...[]byte) bool {
	found := false
	for _, key := range keys {
		if len(key) == 0 {
			continue
		}
		h := hmac.New(sha256.New, key)
		for _, m := range message {
			h.Write(m)
		}
		want := h.Sum(nil)
		for _, mac := range macs {
			found = hmac.Equal(mac, want) || found
		}
	}
	return found
}

// standardWebhook checks a Standard Webhooks signature: HMAC-SHA256 over
// "<id>.<timestamp>.<body>". Headers may carry the older svix- names. Of a list
// of signatures one has to match; versions other than v1 are passed over.
func standardWebhook(r Request, secrets Secrets, now time.Time) error {
	prefix := "webhook-"
	if r.Header.Get("webhook-id") == "" && r.Header.Get("svix-id") != "" {
		prefix = "svix-"
	}
	id, stamp, list := r.Header.Get(prefix+"id"), r.Header.Get(prefix+"timestamp"), r.Header.Get(prefix+"signature")
	if id == "" || stamp == "" || list == "" {
		return unauthorized(FaultSignature, "the signature is missing",
			"send the headers webhook-id, webhook-timestamp and webhook-signature")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || seconds < 0 || seconds > 1<<40 {
		return unauthorized(FaultSignature, "webhook-timestamp is not a time", "send seconds since 1970, for example 1614265330")
	}
	if !signedBy(standardKeys(secrets), standardMACs(list), []byte(id+"."+stamp+"."), r.Body) {
		return unauthorized(FaultSignature, "the signature is wrong",
			"sign id.timestamp.body, the body byte for byte as sent, with the secret of this shop")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > maxAge || age < -maxAge {
		return unauthorized(FaultStale, "webhook-timestamp is more than five minutes from now", "send it again, signed anew, and check the clock")
	}
	return nil
}

// standardKeys returns the keys of secrets: base64 after an optional "whsec_".
// Senders that never heard of the encoding use the text itself.
func standardKeys(secrets Secrets) [][]byte {
	var keys [][]byte
	for _, s := range secrets {
		text, whsec := strings.CutPrefix(strings.TrimSpace(string(s)), "whsec_")
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			key, err = base64.RawStdEncoding.DecodeString(text)
		}
		if err == nil {
			keys = append(keys, key)
		}
		if err != nil || !whsec {
			keys = append(keys, []byte(text))
		}
	}
	return keys
}

// standardMACs returns the v1 signatures of a space-separated list.
func standardMACs(list string) [][]byte {
	const most = 16 // more than two secrets and their versions ever give
	var macs [][]byte
	for entry := range strings.FieldsSeq(list) {
		version, value, _ := strings.Cut(entry, ",")
		if version != "v1" || len(macs) == most {
			continue
		}
		if mac, err := base64.StdEncoding.DecodeString(value); err == nil && len(mac) == sha256.Size {
			macs = append(macs, mac)
		}
	}
	return macs
}

// shopifyWebhook checks X-Shopify-Hmac-Sha256: base64 of the HMAC-SHA256 of the
// body under the app's client secret. An empty body is refused even when it is signed.
func shopifyWebhook(h http.Header, body []byte, secrets Secrets) error {
	sent := h.Get("X-Shopify-Hmac-Sha256")
	if sent == "" {
		return unauthorized(FaultSignature, "X-Shopify-Hmac-Sha256 is missing", "send the webhook from Shopify")
	}
	mac, err := base64.StdEncoding.DecodeString(sent)
	if err != nil || len(mac) != sha256.Size || !signedBy(secrets, [][]byte{mac}, body) {
		return unauthorized(FaultSignature, "the signature is wrong", "check that the secret of this shop is the app's client secret")
	}
	if len(body) == 0 { // Shopify never posts nothing
		return unprocessable(FaultMalformed, "the body is empty", "send the body that Shopify sent; something on the way may have dropped it")
	}
	return nil
}
