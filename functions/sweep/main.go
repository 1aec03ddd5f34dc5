// Command sweep queues, once a minute, what is due in the next 90 seconds.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/mail"
)

func main() {
	form, err := cloud.Open("sweep", cloud.WithEnroll, cloud.WithDeliver, mail.Account)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Sweep)
}
