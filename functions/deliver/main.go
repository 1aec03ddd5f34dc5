// Command deliver decides, arms, sends and records what the deliver queue brings.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/mail"
	"aftersales/internal/cloud/voice"
	"aftersales/internal/cloud/words"
)

func main() {
	form, err := cloud.Open("deliver", cloud.WithDeliver, cloud.WithDead, words.Compose, mail.Send, voice.Call)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Deliver)
}
