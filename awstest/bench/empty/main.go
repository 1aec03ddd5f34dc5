// Command empty is a function that does nothing with the clients of DynamoDB
// and SQS: what our functions are measured against.
package main

import (
	"context"
	"encoding/json"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

func main() {
	shared, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		os.Exit(1)
	}
	table, queue := dynamodb.NewFromConfig(shared), sqs.NewFromConfig(shared)
	lambda.Start(func(ctx context.Context, e json.RawMessage) (json.RawMessage, error) {
		if string(e) != "never" {
			return json.RawMessage(`{}`), nil
		}
		_, a := table.GetItem(ctx, nil)
		_, b := table.PutItem(ctx, nil)
		_, c := table.UpdateItem(ctx, nil)
		_, d := table.Query(ctx, nil)
		_, f := table.BatchGetItem(ctx, nil)
		_, g := queue.SendMessageBatch(ctx, nil)
		return nil, firstOf(a, b, c, d, f, g)
	})
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
