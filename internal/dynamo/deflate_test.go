package dynamo_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"aftersales/events"
	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
)

// posted is a body as Shopify posts it: without spaces, slashes escaped.
func posted(t *testing.T, file string) []byte {
	t.Helper()
	b, err := fs.ReadFile(events.Files, file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatal(err)
	}
	return bytes.ReplaceAll(out.Bytes(), []byte("/"), []byte(`\/`))
}

// received is a body with a key as long as Shopify's.
func received(topic string, body []byte) followup.Incoming {
	return followup.Incoming{
		InboxKey: followup.InboxKey{Shop: "main", Source: "shopify", Key: topic + " " + strings.Repeat("0", 36)}, Topic: topic,
		Hash: strings.Repeat("f", 64), Body: body, At: storetest.Start(),
	}
}

// TestABodyOfShopifyTakesAUnit holds what a webhook costs: a write unit, and two
// for an order of more than ten kilobytes.
func TestABodyOfShopifyTakesAUnit(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(events.Files, "shopify/*.json")
	if err != nil || len(files) < 15 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		mem := &dynamotest.Memory{}
		s := dynamo.New(mem, tables, settings())
		body := posted(t, file)
		in := received("fulfillment_events/create", body)
		if _, err := s.Accept(t.Context(), []followup.Incoming{in}); err != nil {
			t.Fatal(err)
		}
		most := 1 << 10
		if len(body) > 10<<10 {
			most = 2 << 10
		}
		for _, it := range mem.Items() {
			if n := dynamo.ItemSize(it); n > most {
				t.Errorf("%s of %d bytes takes %d, want at most %d", file, len(body), n, most)
			}
		}
		if got, err := s.Incoming(t.Context(), in.InboxKey); err != nil || !bytes.Equal(got.Body, body) {
			t.Errorf("%s comes back as %.40q, %v", file, got.Body, err)
		}
	}
}

func TestAnyBodyComesBack(t *testing.T) {
	t.Parallel()
	s := newStore()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "body")
		b, err := s.PackBody(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.UnpackBody(b); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	})
}

// TestBodiesOfEarlierVersionsAreRead: those were gzipped.
func TestBodiesOfEarlierVersionsAreRead(t *testing.T) {
	t.Parallel()
	mem := &dynamotest.Memory{}
	s := dynamo.New(mem, tables, settings())
	in := received("orders/create", posted(t, "shopify/order_1073459966_guest.json"))
	if _, err := s.Accept(t.Context(), []followup.Incoming{in}); err != nil {
		t.Fatal(err)
	}
	old := mem.Items()[0]
	zipped, err := dynamo.Gzip(in.Body)
	if err != nil {
		t.Fatal(err)
	}
	old["b"] = &types.AttributeValueMemberB{Value: zipped}
	if _, err := mem.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &tables.Inbox, Item: old}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Incoming(t.Context(), in.InboxKey)
	if err != nil || !bytes.Equal(got.Body, in.Body) || got.Hash != in.Hash {
		t.Errorf("%.40q, %v", got.Body, err)
	}
	if v, err := s.Accept(t.Context(), []followup.Incoming{in}); err != nil || v[0] != followup.Seen {
		t.Errorf("received again: %v, %v, want seen", v, err)
	}
}

// TestBodyFormStays reads what the first release wrote: the dictionary is part of
// the form, so a changed one needs another form.
func TestBodyFormStays(t *testing.T) {
	t.Parallel()
	s := newStore()
	const first, want = "\x02\x82D\xb7!ɋt\r\x95\x88\xf2h-\xfa\x14\x18\xb8a\x06\b\x00\x00\xff\xff", `{"id":1,"admin_graphql_api_id":"gid:\/\/shopify\/Order\/1","presentment_money":{"amount":"0.00"},"opt_in_level":null}`
	if got, err := s.UnpackBody([]byte(first)); err != nil || string(got) != want {
		b, _ := s.PackBody([]byte(want))
		t.Errorf("read %q (%v); the form is now %q", got, err, b)
	}
}

func TestDamagedBodiesAreRefused(t *testing.T) {
	t.Parallel()
	s := newStore()
	good, err := s.PackBody([]byte(strings.Repeat("a body ", 40)))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, {}, {2}, {2, 1}, {0x1f, 0x8b}, {0, '{', '}'}, {9, '{', '}'}, good[:len(good)/2]} {
		if got, err := s.UnpackBody(b); err == nil {
			t.Errorf("%q is read as %q", b, got)
		}
	}
	if _, err := s.UnpackBody([]byte{9, 1}); err == nil || !strings.Contains(fmt.Sprint(err), "newer program") {
		t.Errorf("a newer form: %v", err)
	}
}

func BenchmarkPackBody(b *testing.B) {
	s := newStore()
	body, err := fs.ReadFile(events.Files, "shopify/order_1073459963_three_items_guest.json")
	if err != nil {
		b.Fatal(err)
	}
	for name, pack := range map[string]func([]byte) ([]byte, error){"dictionary": s.PackBody, "gzip": dynamo.Gzip} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := pack(body); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
