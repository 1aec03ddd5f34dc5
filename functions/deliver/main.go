// Command deliver decides, arms, sends and records what the deliver queue brings.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
)

func main() {
	form, err := cloud.Open("deliver", cloud.WithDeliver, cloud.WithMail, cloud.WithVoice)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Deliver)
}
