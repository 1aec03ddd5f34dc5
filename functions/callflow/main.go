// Command callflow records which key a customer pressed during an automated call.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
)

func main() {
	form, err := cloud.Open("callflow", cloud.WithDeliver)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Callflow)
}
