// Package localaws finds the AWS of this machine for tests. One server serves all
// tests, so each makes tables and queues of its own.
package localaws

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"aftersales/internal/dynamo"
)

// endpointName is the variable that names a DynamoDB-compatible server.
const endpointName = "AFTERSALES_DYNAMODB_ENDPOINT"

// Endpoint returns the address of the DynamoDB-compatible server under test.
func Endpoint(t testing.TB) string {
	t.Helper()
	endpoint := os.Getenv(endpointName)
	if endpoint == "" {
		t.Fatalf("%s is not set: run `make test-aws`, or set it to a DynamoDB-compatible server such as http://127.0.0.1:8000", endpointName)
	}
	return endpoint
}

// Region is that of every client here.
const Region = "us-east-1"

// Credentials are those of nobody.
func Credentials() aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("test", "test", "")
}

// DynamoDB returns a client of the server under test.
func DynamoDB(t testing.TB) *dynamodb.Client {
	t.Helper()
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	t.Cleanup(transport.CloseIdleConnections)
	return dynamodb.New(dynamodb.Options{
		BaseEndpoint: aws.String(Endpoint(t)), Region: Region, Credentials: Credentials(), HTTPClient: &http.Client{Transport: transport},
	})
}

// tableTime is how long a server may take to make a table: AWS takes ten seconds.
const tableTime = time.Minute

// Tables makes empty tables of this test, waits until they can be used, and
// deletes them at its end.
func Tables(t testing.TB, client *dynamodb.Client) dynamo.Tables {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text()[:12])
	tables := dynamo.Tables{Journeys: name + "-journeys", Contacts: name + "-contacts", Inbox: name + "-inbox"}
	if err := dynamo.CreateTables(t.Context(), client, tables); err != nil {
		t.Fatal(err)
	}
	ready := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, time.Second
	})
	for _, table := range []string{tables.Journeys, tables.Contacts, tables.Inbox} {
		if err := ready.Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: &table}, tableTime); err != nil {
			t.Fatalf("table %s: %v", table, err)
		}
	}
	t.Cleanup(func() {
		for _, table := range []string{tables.Journeys, tables.Contacts, tables.Inbox} {
			_, _ = client.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &table}) // the server forgets it anyway
		}
	})
	return tables
}
