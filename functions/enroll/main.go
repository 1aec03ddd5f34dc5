// Command enroll folds what the enroll queue brings into journeys and plans their follow-ups.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
)

func main() {
	form, err := cloud.Open("enroll", cloud.WithDeliver, cloud.WithDead)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Enroll)
}
