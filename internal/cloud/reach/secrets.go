package reach

import (
	"context"
	"errors"
	"fmt"

	awsconfig "github.com/aws/aws-sdk-go-v2/config"

	"aftersales/internal/params"
)

// Secrets returns the secrets of a stack for a person at a command line, with
// the region and credentials of their environment.
func Secrets(ctx context.Context, stack string) (*params.Secrets, error) {
	shared, err := awsconfig.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("read configuration of AWS: %w", err)
	}
	if shared.Region == "" {
		return nil, errors.New("no region of AWS is set; set AWS_REGION to where the stack is, such as eu-central-1")
	}
	return params.New(shared, stack), nil
}
