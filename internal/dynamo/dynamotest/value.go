package dynamotest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
)

// Text returns a text attribute of an item, or "".
func Text(it map[string]types.AttributeValue, name string) string { return text(it[name]) }

// Bytes returns a binary attribute of an item, or nil.
func Bytes(it map[string]types.AttributeValue, name string) []byte {
	if b, ok := it[name].(*types.AttributeValueMemberB); ok {
		return b.Value
	}
	return nil
}

func text(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// local is the name of a table without what keeps tests apart.
func local(table *string) string { return (*table)[strings.LastIndexByte(*table, '-')+1:] }

// name names an item by table and key.
func name(table *string, it attributes) string {
	return local(table) + "\n" + text(it["pk"]) + "\n" + text(it["sk"])
}

// size is what AWS counts of an item, in bytes.
func size(it attributes) int {
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

// units are the write units of an item in its table.
func units(it attributes) float64 { return float64((size(it) + 1023) / 1024) }

// hot lists the keys whose partitions a write of an item goes to.
func hot(table *string, it attributes) []string {
	out := []string{*table + " " + text(it["pk"])}
	for _, t := range dynamo.Schema() {
		for _, ix := range t.Indexes {
			if h := text(it[ix.Hash]); h != "" {
				out = append(out, *table+" "+ix.Name+" "+h)
			}
		}
	}
	return out
}

// wellFormed refuses what AWS refuses and local servers may take: no value, nil
// lists and bytes, empty or too long keys, too large items.
func wellFormed(it attributes) error {
	for name, v := range it {
		ok := v != nil
		switch v := v.(type) {
		case *types.AttributeValueMemberB:
			ok = v.Value != nil
		case *types.AttributeValueMemberL:
			ok = v.Value != nil
		case *types.AttributeValueMemberSS, *types.AttributeValueMemberNS, *types.AttributeValueMemberBS, *types.AttributeValueMemberNULL:
			ok = false
		}
		if !ok {
			return fmt.Errorf("attribute %s has no value", name)
		}
	}
	for _, k := range keyNames {
		v, there := it[k]
		most := 1024
		if k == "pk" || k == "dh" || k == "lh" || k == "ch" {
			most = 2048
		}
		if n := len(text(v)); there && (n == 0 || n > most) {
			return fmt.Errorf("key attribute %s has %d bytes", k, n)
		}
	}
	if n := size(it); n > 400<<10 {
		return fmt.Errorf("an item of %d bytes", n)
	}
	return nil
}
