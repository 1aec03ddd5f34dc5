// Command pages answers customers: what their links open.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"aftersales/internal/cloud"
	"aftersales/internal/cloud/pages"
)

func main() {
	form, err := cloud.Open("pages", cloud.WithDeliver)
	if err != nil {
		os.Exit(1) // the reason is in the log
	}
	lambda.Start(pages.New(form).Handle)
}
