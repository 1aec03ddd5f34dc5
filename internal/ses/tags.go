package ses

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"aftersales/internal/followup"
)

// A tag's value has at most 256 characters of A-Z a-z 0-9 _ -, so keys go as
// base64url; a key that is longer goes on in a tag with a number: j, j-1, j-2.
const (
	tagJourney  = "j"
	tagFollowUp = "f"
	tagAttempt  = "at"
	tagSet      = "ses:configuration-set"

	tagValue = 256
	tagParts = 4 // of one key: 768 bytes
)

var errTags = errors.New("its id or attempt cannot be written as a tag")

// tags names the attempt in everything that SES will report about it.
func tags(id followup.FollowUpID, attempt string) ([]types.MessageTag, error) {
	journey := id.Journey()
	if journey == "" || attempt == "" || len(attempt) > tagValue || strings.ContainsFunc(attempt, notTag) {
		return nil, errTags
	}
	var out []types.MessageTag
	for _, key := range [...]struct{ name, value string }{
		{tagJourney, encode(string(journey))},
		{tagFollowUp, encode(strings.TrimPrefix(string(id), string(journey)+"/"))},
		{tagAttempt, attempt},
	} {
		for n := 0; key.value != ""; n++ {
			if n == tagParts {
				return nil, errTags
			}
			part := key.value[:min(len(key.value), tagValue)]
			key.value = key.value[len(part):]
			out = append(out, types.MessageTag{Name: new(partName(key.name, n)), Value: &part})
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

// untag reads what tags wrote; ours is false when the mail is not one of ours.
func untag(all map[string][]string) (id followup.FollowUpID, attempt string, ours bool, err error) {
	if len(all[tagJourney]) == 0 && len(all[tagFollowUp]) == 0 {
		return "", "", false, nil
	}
	journey, err := key(all, tagJourney)
	if err != nil {
		return "", "", true, err
	}
	rest, err := key(all, tagFollowUp)
	if err != nil {
		return "", "", true, err
	}
	id = followup.FollowUpID(journey + "/" + rest)
	if string(id.Journey()) != journey {
		return "", "", true, fmt.Errorf("tags %s and %s make no id of a follow-up", tagJourney, tagFollowUp)
	}
	if at := all[tagAttempt]; len(at) == 1 {
		attempt = at[0]
	}
	return id, attempt, true, nil
}

func key(all map[string][]string, name string) (string, error) {
	var b strings.Builder
	for n := range tagParts {
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
