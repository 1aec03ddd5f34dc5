package dynamotest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
)

type item = map[string]types.AttributeValue

func s(v string) types.AttributeValue { return &types.AttributeValueMemberS{Value: v} }
func n(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

func put(ctx context.Context, api dynamo.API, it item, condition string, values item) error {
	in := &dynamodb.PutItemInput{TableName: new("x-t"), Item: it, ExpressionAttributeValues: values}
	if condition != "" {
		in.ConditionExpression = &condition
	}
	_, err := api.PutItem(ctx, in)
	return err
}

// failed reports whether a condition did not hold.
func failed(err error) bool {
	_, ok := errors.AsType[*types.ConditionalCheckFailedException](err)
	return ok
}

func TestConditions(t *testing.T) {
	t.Parallel()
	values := item{":one": n("1"), ":two": n("2"), ":a": s("a"), ":b": s("b"), ":c": s("c")}
	for condition, want := range map[string]bool{
		"attribute_not_exists(pk)":              false,
		"attribute_exists(pk)":                  true,
		"attribute_exists(z)":                   false,
		"v = :one":                              false,
		"v = :two":                              true,
		"v <= :one":                             false,
		"v <= :two":                             true,
		"v <> :two":                             false,
		"z = :two":                              false,
		"z <> :two":                             true,
		"st = :two":                             false, // of another kind
		"v = :two AND st = :b":                  true,
		"v = :two AND st IN (:a, :c)":           false,
		"v = :one AND st = :b OR st = :b":       true,
		"attribute_not_exists(pk) OR v <= :two": true,
		"st BETWEEN :a AND :c":                  true,
		"st BETWEEN :c AND :a AND v = :two":     false,
	} {
		m := &dynamotest.Memory{}
		it := item{"pk": s("p"), "sk": s("s"), "v": n("2"), "st": s("b")}
		if err := put(t.Context(), m, it, "", nil); err != nil {
			t.Fatal(err)
		}
		if err := put(t.Context(), m, it, condition, values); failed(err) == want || err != nil && !failed(err) {
			t.Errorf("%s: %v, want %t", condition, err, want)
		}
	}
	for _, nonsense := range []string{"v ~ :two", "v = :nobody", "v = :two or st = :b", "st IN :a", "at = :a", "v"} {
		m := &dynamotest.Memory{}
		if err := put(t.Context(), m, item{"pk": s("p")}, nonsense, values); err == nil || failed(err) {
			t.Errorf("%q is understood: %v", nonsense, err)
		}
	}
}

func TestValuesThatAWSRefuses(t *testing.T) {
	t.Parallel()
	for name, it := range map[string]item{
		"nil bytes":      {"pk": s("p"), "b": &types.AttributeValueMemberB{}},
		"a nil list":     {"pk": s("p"), "b": &types.AttributeValueMemberL{}},
		"no value":       {"pk": s("p"), "b": nil},
		"an empty key":   {"pk": s("p"), "dh": s("")},
		"a long key":     {"pk": s("p"), "dr": s(strings.Repeat("x", 1025))},
		"a large item":   {"pk": s("p"), "b": &types.AttributeValueMemberB{Value: make([]byte, 401<<10)}},
		"a null":         {"pk": s("p"), "b": &types.AttributeValueMemberNULL{Value: true}},
		"an empty table": {"pk": s("")},
	} {
		for _, api := range []dynamo.API{&dynamotest.Memory{}, &dynamotest.Limits{API: &dynamotest.Memory{}}} {
			if err := put(t.Context(), api, it, "", nil); err == nil {
				t.Errorf("%s is taken by %T", name, api)
			}
		}
	}
}

func TestLimitsDoWhatTheySay(t *testing.T) {
	t.Parallel()
	m := &dynamotest.Memory{}
	l := &dynamotest.Limits{API: m, Seed: 3, Rate: 0.5}
	answered := 0
	for range 200 {
		if put(t.Context(), l, item{"pk": s("p"), "v": n("1")}, "", nil) == nil {
			answered++
		}
	}
	seen := l.Seen()
	f := seen.Fates
	arrived := m.Writes() - answered - f[dynamotest.TimedOut] - f[dynamotest.Unheard]
	if arrived < 1 || arrived > f[dynamotest.Late] || slices.Contains(f[:], 0) || seen.Throttled != f[dynamotest.Throttle] || seen.Requests != 200 {
		t.Errorf("%d written, %d answered, %+v", m.Writes(), answered, seen)
	}
}

func TestAKeyTakesItsUnitsASecond(t *testing.T) {
	t.Parallel()
	l := &dynamotest.Limits{API: &dynamotest.Memory{}, WRU: 10}
	write := func() (done int) {
		for range 30 {
			if put(t.Context(), l, item{"pk": s("p"), "b": &types.AttributeValueMemberB{Value: make([]byte, 1500)}}, "", nil) == nil {
				done++
			}
		}
		return done
	}
	if got := write(); got != 5 {
		t.Errorf("%d items of 2 units in the first moment, want 5", got)
	}
	if err := l.Wait(t.Context(), 5); err != nil { // 0.8 s
		t.Fatal(err)
	}
	if got := write(); got < 3 || got > 5 {
		t.Errorf("%d items of 2 units after 0.8 s, want 4", got)
	}
	if err := put(t.Context(), l, item{"pk": s("other")}, "", nil); err != nil {
		t.Errorf("another key: %v", err)
	}
}

func TestAMortalDies(t *testing.T) {
	t.Parallel()
	for _, into := range []bool{false, true} {
		m := &dynamotest.Memory{}
		api := &dynamotest.Mortal{API: m, After: 2, Into: into}
		var died int
		for range 4 {
			if errors.Is(put(t.Context(), api, item{"pk": s("p")}, "", nil), dynamotest.ErrDead) {
				died++
			}
		}
		want := 2
		if into {
			want = 3
		}
		if m.Writes() != 2 || died != want {
			t.Errorf("into %t: %d written, %d unanswered", into, m.Writes(), died)
		}
	}
}

func TestAnIndexLagsAndNeverGoesBack(t *testing.T) {
	t.Parallel()
	l := &dynamotest.Limits{API: &dynamotest.Memory{}, Lag: time.Second}
	for _, at := range []string{"1", "2", "3"} {
		if err := put(t.Context(), l, item{"pk": s("p"), "sk": s("s"), "dh": s("lane"), "dr": s(at)}, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	last := "0"
	for range 40 {
		out, err := l.Query(t.Context(), &dynamodb.QueryInput{
			TableName: new("x-t"), IndexName: new("due"), KeyConditionExpression: new("dh = :h AND dr BETWEEN :a AND :b"),
			ExpressionAttributeValues: item{":h": s("lane"), ":a": s("0"), ":b": s("9")},
		})
		if err != nil || len(out.Items) > 1 {
			t.Fatal(out, err)
		}
		if len(out.Items) == 1 {
			if now := dynamotest.Text(out.Items[0], "dr"); now < last {
				t.Errorf("%s after %s", now, last)
			} else {
				last = now
			}
		}
		if err := l.Wait(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if last != "3" || l.Seen().Hidden == 0 {
		t.Errorf("it ends at %s, %d hidden", last, l.Seen().Hidden)
	}
}

// A server that says nothing of what a batch used is measured by AWS's rules.
func TestMeterOfABatch(t *testing.T) {
	t.Parallel()
	m := dynamotest.Metered(&dynamotest.Memory{})
	small := item{"pk": s("a"), "sk": s("1")}
	large := item{"pk": s("b"), "sk": s("1"), "b": s(strings.Repeat("x", 5000))}
	for _, it := range []item{small, large} {
		if err := put(t.Context(), m, it, "", nil); err != nil {
			t.Fatal(err)
		}
	}
	keys := []item{small, {"pk": s("b"), "sk": s("1")}, {"pk": s("none"), "sk": s("1")}}
	for consistent, want := range map[bool]float64{true: 4, false: 2} {
		m.Take()
		in := &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"x-t": {Keys: keys, ConsistentRead: &consistent}}}
		if _, err := m.BatchGetItem(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		if got := m.Take().Read; got != want {
			t.Errorf("consistent %v: %g RRU, want %g: one for the small item, two for the large one, one for none", consistent, got, want)
		}
	}
}
