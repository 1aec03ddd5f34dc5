package dynamo

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Names of attributes; see the package comment.
const (
	attrPK      = "pk"
	attrSK      = "sk"
	attrVersion = "v"
	attrWrite   = "w"
	attrBody    = "b"
	attrID      = "id"
	attrState   = "st"
	attrAttempt = "att"
	attrDueHash = "dh"
	attrDueSort = "dr"
	attrLstHash = "lh"
	attrLstSort = "lr"
	attrConHash = "ch"
	attrConSort = "cr"
	attrTopic   = "t"
	attrHash    = "h"
	attrAt      = "at"
	attrParts   = "n"
	attrDone    = "d"
	attrTTL     = "ttl"
)

// item is what DynamoDB keeps under one key.
type item map[string]types.AttributeValue

// itemMost is the largest item in bytes, names included.
const itemMost = 400 << 10

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func bytesOf(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// key is the key of an item in a table with a sort key.
func key(pk, sk string) item { return item{attrPK: text(pk), attrSK: text(sk)} }

// text returns a text attribute, or "".
func (it item) text(name string) string {
	if v, ok := it[name].(*types.AttributeValueMemberS); ok {
		return v.Value
	}
	return ""
}

// body returns the packed value, or nil.
func (it item) body() []byte {
	if v, ok := it[attrBody].(*types.AttributeValueMemberB); ok {
		return v.Value
	}
	return nil
}

// number returns a whole number, or 0.
func (it item) number(name string) int64 {
	if v, ok := it[name].(*types.AttributeValueMemberN); ok {
		if n, err := strconv.ParseInt(v.Value, 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// set sets a text attribute unless it would be empty.
func (it item) set(name, value string) {
	if value != "" {
		it[name] = text(value)
	}
}

// size returns the bytes that count against the limit of an item.
func (it item) size() int {
	n := 0
	for name, v := range it {
		n += len(name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			n += len(v.Value)
		case *types.AttributeValueMemberB:
			n += len(v.Value)
		case *types.AttributeValueMemberN:
			n += len(v.Value)/2 + 2
		}
	}
	return n
}

// fits refuses an item that DynamoDB would refuse.
func (it item) fits() error {
	if pk := it.text(attrPK); len(pk) > pkMost {
		return fmt.Errorf("the key has %d bytes, at most %d can be kept", len(pk), pkMost)
	}
	if n := it.size(); n > itemMost {
		return fmt.Errorf("it takes %d KB, at most %d KB can be kept", n>>10, itemMost>>10)
	}
	return nil
}

// condition says when a write may be done.
type condition struct {
	text   string
	values item
}

// atVersion wants the version that was loaded; 0: no item.
func atVersion(v int64) condition {
	if v == 0 {
		return condition{text: "attribute_not_exists(pk)"}
	}
	return condition{"v = :v", item{":v": number(v)}}
}
