// Command console answers operators, behind the log-in of the user pool.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
)

func main() {
	form, err := cloud.Open("console", cloud.WithDeliver, cloud.WithLogin)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(form.Console)
}
