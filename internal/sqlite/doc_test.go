package sqlite

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"aftersales/internal/followup"
	"aftersales/internal/followup/storetest"
	"aftersales/internal/sqlite/lz"
)

// fillDoc is fill for what is kept in a document: fields that JSON leaves out
// stay zero.
func fillDoc(v reflect.Value, r *rand.Rand) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillDoc(v.Elem(), r)
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.String:
		v.SetString([]string{"ö\x00", "main", "x"}[r.IntN(3)])
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(r.Int64N(1<<31) - 1<<30)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fillDoc(v.Index(0), r) // the second stays zero
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		e := reflect.New(v.Type().Elem()).Elem()
		fillDoc(e, r)
		v.SetMapIndex(reflect.ValueOf("k").Convert(v.Type().Key()), e)
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()))
			return
		}
		for i := range v.NumField() {
			if fieldName(v.Type().Field(i)) != "" {
				fillDoc(v.Field(i), r)
			}
		}
	default:
		panic("a document has a field of kind " + v.Kind().String() + ": teach docs and this test")
	}
}

func encoded(t *testing.T, d *docs, v any) []byte {
	t.Helper()
	var e encoder
	if err := d.encode(&e, v); err != nil {
		t.Fatal(err)
	}
	return e.b
}

func TestEveryFieldOfADocumentIsKept(t *testing.T) {
	var d docs
	r := rand.New(rand.NewPCG(3, 4))
	for range 50 {
		for _, v := range []any{new(followup.Head), new(followup.Event), new(followup.Contact), new(followup.Message)} {
			fillDoc(reflect.ValueOf(v).Elem(), r)
			doc := encoded(t, &d, v)
			got := reflect.New(reflect.TypeOf(v).Elem()).Interface()
			if err := d.decode(string(doc), got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, got); diff != "" {
				t.Fatalf("%T (-want +got):\n%s", v, diff)
			}
		}
	}
}

// What is on disks must be read for ever. When this fails, add a form; do not
// change the bytes.
func TestStoredFormsDoNotChange(t *testing.T) {
	var d docs
	ev := followup.Event{Source: "shopify", ID: "1", Type: followup.OrderPaid, Time: storetest.Start(), Lines: []followup.Line{{ID: "7", Quantity: 2}}}
	doc := encoded(t, &d, &ev)
	var e encoder
	e.row(new(storetest.Order(1, 1).Rows[0]))
	row := e.b
	var facts encoder
	facts.facts(map[string]string{"anchor": "delivered", "x": "y"})
	rows := rowsFrom(
		entry{suffix: "a/-/1", version: 1, state: followup.Planned, next: 5, looks: true, common: [4]string{"p", "c", "UTC", "f"}, body: "x"},
		entry{suffix: "b/-/1", version: 2, state: followup.Sent, attempt: "t", common: [4]string{"p", "c", "GMT", "f"}, body: "y"},
	)
	log := encodeLog([]logged{{sec: -1, nano: 2, key: eventKey{"s", "i"}, doc: "d"}})
	for what, c := range map[string]struct {
		got  []byte
		want string
	}{
		"document":    {doc, goldenDoc},
		"row":         {row, goldenRow},
		"facts":       {facts.b, goldenFacts},
		"rows":        {rows, goldenRows},
		"log":         {log, goldenLog},
		"packed":      {lz.New(lz.Documents).Pack(nil, []byte("Europe/Berlin Europe/Berlin!")), goldenPacked},
		"dictionary":  {sum(lz.Dictionary(lz.Documents)), goldenDictionary},
		"dictionary2": {sum(lz.Dictionary(lz.Mails)), goldenDictionary2},
		"names":       {sum([]byte(strings.Join(strings.Fields(docNames)[:124], " "))), goldenNames},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s is %s, was %s", what, got, c.want)
		}
	}
}

type docOfTomorrow struct {
	Known  string            `json:"id"`
	List   []docPart         `json:"not in the list"`
	Text   string            `json:"nor this"`
	Moment time.Time         `json:"nor that"`
	Some   map[string]int    `json:"some"`
	Flags  []bool            `json:"flags"`
	More   map[string]string `json:"more"`
	Last   int               `json:"n"`
}

type docPart struct {
	A int     `json:"a"`
	B *string `json:"b"`
}

type docOfToday struct {
	Known string `json:"id"`
	Last  int    `json:"n"`
}

func TestADocumentWithFieldsWeDoNotKnowIsRead(t *testing.T) {
	var d docs
	doc := encoded(t, &d, &docOfTomorrow{
		Known: "x", List: []docPart{{A: 1, B: new("")}, {}}, Text: "t", Moment: storetest.Start(),
		Some: map[string]int{"k": 1}, Flags: []bool{true, false}, More: map[string]string{"": ""}, Last: 7,
	})
	var got docOfToday
	if err := d.decode(string(doc), &got); err != nil || got != (docOfToday{"x", 7}) {
		t.Errorf("read %+v, %v", got, err)
	}
	var other struct {
		Known int `json:"id"`
	}
	if err := d.decode(string(doc), &other); !errors.Is(err, errKind) {
		t.Errorf("another kind: %v, want errKind", err)
	}
	if err := d.decode("\x4d", &got); !errors.Is(err, ErrNewer) {
		t.Errorf("another form: %v, want ErrNewer", err)
	}
	if err := d.encode(new(encoder), &struct{ F float64 }{1}); err == nil {
		t.Error("a float was stored")
	}
}

func TestDamagedDocumentsAreErrors(t *testing.T) {
	var d docs
	good := encoded(t, &d, storetest.Order(1, 1).Head)
	for n := range good {
		if err := d.decode(string(good[:n]), new(followup.Head)); err == nil {
			t.Errorf("a document cut to %d bytes was read", n)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		bad := append([]byte{}, good...)
		for range rapid.IntRange(1, 5).Draw(t, "flips") {
			bad[rapid.IntRange(0, len(bad)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "to")
		}
		_ = d.decode(string(bad), new(followup.Head)) // must return, whatever it says
	})
}

const (
	goldenDoc         = "01230773686f70696679530131c3050a6f726465722e706169641ce0b8c0b41aae02010553013768040000"
	goldenRow         = "0108010100d41f0604c0b204a0380184bac0b41a01011f3120646179732061667465722064656c69766572792c2061742031303a303001"
	goldenFacts       = "020207000178000179"
	goldenRows        = "010205612f2d2f3102030a0002700263045554430266017805622f2d2f31040e0174000004474d54000179"
	goldenLog         = "010102017301690164"
	goldenPacked      = "021c090d0019200e001021"
	goldenDictionary  = "c10e414d"
	goldenDictionary2 = "e1cd9b3e"
	goldenNames       = "17f72c27"
)
