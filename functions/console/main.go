// Command console answers operators, behind the log-in of the user pool.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/console"
	"aftersales/internal/cloud/words"
)

func main() {
	form, err := cloud.Open("console", cloud.WithDeliver, words.Compose)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(console.New(form, nil).Handle)
}
