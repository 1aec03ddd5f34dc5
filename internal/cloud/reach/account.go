package reach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"
)

// account reads which account and region a person works in. Its errors say what
// to do when that is not known.
func account(ctx context.Context) (aws.Config, error) {
	// The SDK would warn people of connections that ended, which it opens again.
	shared, err := awsconfig.LoadDefaultConfig(ctx, awsconfig.WithLogger(logging.Nop{}))
	if err != nil {
		return shared, fmt.Errorf("read configuration of AWS: %w", err)
	}
	if shared.Region == "" {
		return shared, errors.New("no region of AWS is set; set AWS_REGION to where the stack is, such as eu-central-1")
	}
	if _, err := shared.Credentials.Retrieve(ctx); err != nil {
		return shared, fmt.Errorf("no credentials of AWS; log in with `aws sso login` or `aws configure`, or name a profile in AWS_PROFILE (%w)", err)
	}
	return shared, nil
}

// outputs reads what a stack says of itself.
func outputs(ctx context.Context, shared aws.Config, name string) (map[string]string, error) {
	client := cloudformation.NewFromConfig(shared)
	found, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if err != nil {
		return nil, advised(ctx, client, err, name, shared.Region)
	}
	out := map[string]string{}
	for i := range found.Stacks {
		for _, o := range found.Stacks[i].Outputs {
			out[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
		}
	}
	return out, nil
}

// ErrNoStack is a name that no stack has.
var ErrNoStack = errors.New("there is no such stack")

// advised says what to do when a stack is not found.
func advised(ctx context.Context, client *cloudformation.Client, err error, name, region string) error {
	refusal, ok := errors.AsType[smithy.APIError](err)
	switch {
	case ok && refusal.ErrorCode() == "ValidationError":
		return fmt.Errorf("find stack %s in region %s: %w; %s", name, region, ErrNoStack, others(ctx, client))
	case ok:
		return fmt.Errorf("find stack %s in region %s: AWS says %s: %s; `aws sts get-caller-identity` tells who you are there, and docs/aws.md what you may need",
			name, region, refusal.ErrorCode(), refusal.ErrorMessage())
	default:
		return fmt.Errorf("find stack %s in region %s: %w", name, region, err)
	}
}

// others names the stacks of this product that there are.
func others(ctx context.Context, client *cloudformation.Client) string {
	const elsewhere = "AWS_REGION says where to look, and AWS_PROFILE in which account"
	var names []string
	pages := cloudformation.NewDescribeStacksPaginator(client, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return elsewhere // who may not list may still work on a stack that is named
		}
		for i := range page.Stacks {
			ours := func(o types.Output) bool { return aws.ToString(o.OutputKey) == "JourneysTable" }
			if s := &page.Stacks[i]; s.ParentId == nil && slices.ContainsFunc(s.Outputs, ours) {
				names = append(names, aws.ToString(s.StackName))
			}
		}
	}
	if len(names) == 0 {
		return "none of this product is here: " + elsewhere
	}
	return "here is " + strings.Join(names, ", ") + "; " + elsewhere
}
