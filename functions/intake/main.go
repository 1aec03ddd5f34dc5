// Command intake stores signed webhooks of the HTTP API and queues their keys.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
)

func main() {
	form, err := cloud.Open("intake", cloud.WithEnroll)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Intake)
}
