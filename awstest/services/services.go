// Package services tests the adapters of SES and SQS against the AWS of this
// machine, named by AWS_ENDPOINT_URL.
package services
