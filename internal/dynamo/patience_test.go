package dynamo_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"aftersales/internal/dynamo"
	"aftersales/internal/dynamo/dynamotest"
)

// hanging answers a write only from its nth call on.
type hanging struct {
	dynamo.API
	until int
	calls int
}

func (h *hanging) PutItem(ctx context.Context, in *dynamodb.PutItemInput, opts ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	if h.calls++; h.calls >= h.until {
		return h.API.PutItem(ctx, in, opts...)
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// patient is a store with the waits of production.
func patient(api dynamo.API) *dynamo.Store {
	c := settings()
	c.Wait = nil
	return dynamo.New(api, tables, c)
}

// A request that hangs leaves its caller's time to further attempts: the third one
// of a caller with eight seconds still comes through.
func TestAHangingAttemptLeavesTimeForOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 8*time.Second)
		defer cancel()
		api := &hanging{API: &dynamotest.Memory{}, until: 3}
		if err := patient(api).SetRecord(ctx, "a", nil, 0); err != nil || api.calls != 3 {
			t.Errorf("%v after %d calls", err, api.calls)
		}
	})
}

// However the tables fail, the answer is there before the caller's time is over.
func TestTablesThatDoNotAnswerAreToldInTime(t *testing.T) {
	t.Parallel()
	for name, api := range map[string]dynamo.API{
		"hanging":   &hanging{API: &dynamotest.Memory{}, until: 99},
		"throttled": &failing{API: &dynamotest.Memory{}, err: &types.ProvisionedThroughputExceededException{}},
	} {
		for _, left := range []time.Duration{10 * time.Millisecond, time.Second, 8 * time.Second, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), left)
				defer cancel()
				begun := time.Now()
				err := patient(api).SetRecord(ctx, "a", nil, 0)
				if took := time.Since(begun); err == nil || took >= left || took > 40*time.Second {
					t.Errorf("%s with %s: %v after %s", name, left, err, took)
				}
			})
		}
	}
}

// A wait that would outlast the caller is not begun, and the fault is told with it.
func TestAWaitThatDoesNotFitIsNotBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		begun, throttled := time.Now(), &types.ProvisionedThroughputExceededException{}
		err := patient(&failing{API: &dynamotest.Memory{}, err: throttled}).SetRecord(ctx, "a", nil, 0)
		if !errors.Is(err, throttled) || !strings.Contains(err.Error(), "do not answer in time") || time.Since(begun) != 0 {
			t.Errorf("%v after %s", err, time.Since(begun))
		}
	})
}

// down answers every request with 500.
type down struct{ calls int }

func (d *down) Do(*http.Request) (*http.Response, error) {
	d.calls++
	return &http.Response{StatusCode: http.StatusInternalServerError, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// The client leaves repeating to the store: one attempt is one request.
func TestTheClientRepeatsNothing(t *testing.T) {
	t.Parallel()
	service, waits := &down{}, 0
	client := dynamo.Client(aws.Config{Region: "eu-central-1", HTTPClient: service, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
	if err := dynamo.New(client, tables, impatient(&waits)).SetRecord(t.Context(), "a", nil, 0); err == nil || service.calls != waits+1 {
		t.Errorf("%v after %d requests and %d waits", err, service.calls, waits)
	}
}
