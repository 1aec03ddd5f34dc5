// Package tag writes the attempt into tags of a mail, and reads it from them.
package tag

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"aftersales/internal/followup"
)

// A tag's value has at most 256 characters of A-Z a-z 0-9 _ -, so keys go as
// base64url; a key that is longer goes on in a tag with a number: j, j-1, j-2.
const (
	Journey  = "j"
	FollowUp = "f"
	Attempt  = "at"

	longest = 256
	parts   = 4 // of one key: 768 bytes
)

// ErrTags is an attempt that no tags can name.
var ErrTags = errors.New("its id or attempt cannot be written as a tag")

// Tag is one tag of a mail.
type Tag struct{ Name, Value string }

// Write names the attempt in everything that SES will report about it.
func Write(id followup.FollowUpID, attempt string) ([]Tag, error) {
	journey := id.Journey()
	if journey == "" || attempt == "" || len(attempt) > longest || strings.ContainsFunc(attempt, notTag) {
		return nil, ErrTags
	}
	var out []Tag
	for _, key := range [...]struct{ name, value string }{
		{Journey, encode(string(journey))},
		{FollowUp, encode(strings.TrimPrefix(string(id), string(journey)+"/"))},
		{Attempt, attempt},
	} {
		for n := 0; key.value != ""; n++ {
			if n == parts {
				return nil, ErrTags
			}
			part := key.value[:min(len(key.value), longest)]
			key.value = key.value[len(part):]
			out = append(out, Tag{partName(key.name, n), part})
		}
	}
	return out, nil
}

func partName(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + "-" + strconv.Itoa(n)
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func notTag(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-')
}

// Read reads what Write wrote; ours is false when the mail is not one of ours.
func Read(all map[string][]string) (id followup.FollowUpID, attempt string, ours bool, err error) {
	if len(all[Journey]) == 0 && len(all[FollowUp]) == 0 {
		return "", "", false, nil
	}
	journey, err := key(all, Journey)
	if err != nil {
		return "", "", true, err
	}
	rest, err := key(all, FollowUp)
	if err != nil {
		return "", "", true, err
	}
	id = followup.FollowUpID(journey + "/" + rest)
	if string(id.Journey()) != journey {
		return "", "", true, fmt.Errorf("tags %s and %s make no id of a follow-up", Journey, FollowUp)
	}
	if at := all[Attempt]; len(at) == 1 {
		attempt = at[0]
	}
	return id, attempt, true, nil
}

func key(all map[string][]string, name string) (string, error) {
	var b strings.Builder
	for n := range parts {
		values := all[partName(name, n)]
		if len(values) == 0 {
			break
		}
		b.WriteString(values[0])
	}
	raw, err := base64.RawURLEncoding.DecodeString(b.String())
	if err != nil || len(raw) == 0 {
		return "", fmt.Errorf("tag %s is no key in base64url", name)
	}
	return string(raw), nil
}
