// Command outcome records what the mail provider says of attempts.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/voice"
)

func main() {
	form, err := cloud.Open("outcome", cloud.WithDeliver, cloud.WithDead, voice.Events)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Outcome)
}
