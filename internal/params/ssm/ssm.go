// Package ssm makes the three requests to AWS Systems Manager that parameters need,
// signed as the SDK signs. The SDK's own client knows 150 operations, and builds the
// schemas of all of them whenever a process starts: 2 ms of a function's cold start
// and 0.3 MB of its zip.
package ssm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Codes of the service.
const (
	NotFound      = "ParameterNotFound"
	AlreadyExists = "ParameterAlreadyExists"
)

// GetParametersInput asks for at most ten parameters.
type GetParametersInput struct {
	Names          []string
	WithDecryption bool
}

// GetParametersOutput has the parameters that exist.
type GetParametersOutput struct{ Parameters []Parameter }

// Parameter is one of them.
type Parameter struct{ Name, Value string }

// PutParameterInput writes a parameter.
type PutParameterInput struct {
	Name, Value string
	Type, Tier  string
	Overwrite   bool
}

// DeleteParameterInput deletes a parameter.
type DeleteParameterInput struct{ Name string }

// Client makes requests. It is safe for concurrent use.
type Client struct {
	shared   aws.Config
	endpoint string
	signer   *v4.Signer
	now      func() time.Time
}

// New returns a client with the region, credentials, endpoint and HTTP client of
// shared. It makes no request.
func New(shared aws.Config) *Client {
	c := &Client{shared: shared, endpoint: "https://ssm." + shared.Region + ".amazonaws.com/", signer: v4.NewSigner()}
	c.now = time.Now              //nolint:forbidigo // a signature says when the machine made it
	if shared.HTTPClient == nil { // as the clients of the SDK
		c.shared.HTTPClient = awshttp.NewBuildableClient()
	}
	switch {
	case shared.BaseEndpoint != nil:
		c.endpoint = strings.TrimRight(*shared.BaseEndpoint, "/") + "/"
	case strings.HasPrefix(shared.Region, "cn-"):
		c.endpoint = "https://ssm." + shared.Region + ".amazonaws.com.cn/"
	}
	return c
}

// GetParameters reads parameters. What does not exist is left out.
func (c *Client) GetParameters(ctx context.Context, in GetParametersInput) (out GetParametersOutput, err error) {
	return out, c.call(ctx, "GetParameters", in, &out)
}

// PutParameter writes a parameter; one that exists, and is not to be written
// over, is an error of code [AlreadyExists].
func (c *Client) PutParameter(ctx context.Context, in PutParameterInput) error {
	return c.call(ctx, "PutParameter", in, &struct{}{})
}

// DeleteParameter deletes a parameter; one that does not exist is an error of
// code [NotFound].
func (c *Client) DeleteParameter(ctx context.Context, in DeleteParameterInput) error {
	return c.call(ctx, "DeleteParameter", in, &struct{}{})
}

const (
	attempts = 3
	pause    = 100 * time.Millisecond // before the second attempt; the third waits twice as long
	maxBody  = 1 << 20                // of an answer: ten parameters of 4 KB are far below
)

// call makes a request, again when it may help. What the service refuses is a
// [smithy.APIError].
func (c *Client) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		again, err := c.once(ctx, operation, body, out)
		if err == nil || !again || n == attempts {
			return err
		}
		timer := time.NewTimer(time.Duration(n) * pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
	}
}

// once makes a request; again says whether another one may fare better.
func (c *Client) once(ctx context.Context, operation string, body []byte, out any) (again bool, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint, bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "AmazonSSM."+operation)
	keys, err := c.shared.Credentials.Retrieve(ctx)
	if err != nil {
		return false, fmt.Errorf("read credentials: %w", err)
	}
	sum := sha256.Sum256(body)
	if err := c.signer.SignHTTP(ctx, keys, r, hex.EncodeToString(sum[:]), "ssm", c.shared.Region, c.now()); err != nil {
		return false, fmt.Errorf("sign request: %w", err)
	}
	answer, err := c.shared.HTTPClient.Do(r)
	if err != nil {
		return ctx.Err() == nil, err
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxBody))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return true, err
	}
	if answer.StatusCode != http.StatusOK {
		return refused(answer.StatusCode, text)
	}
	return false, json.Unmarshal(text, out)
}

// refused reads an answer that is none: a code, and words that may repeat what was
// sent.
func refused(status int, text []byte) (again bool, err error) {
	var said struct {
		Type    string `json:"__type"` // may have a namespace and # in front
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &said) // a proxy may answer anything
	code := path.Base(said.Type)
	if _, after, found := strings.Cut(code, "#"); found {
		code = after
	}
	if said.Type == "" {
		code = fmt.Sprintf("status %d", status)
	}
	again = status >= http.StatusInternalServerError || status == http.StatusTooManyRequests ||
		code == "ThrottlingException" || code == "TooManyUpdates" || code == "InternalServerError"
	return again, &smithy.GenericAPIError{Code: code, Message: said.Message}
}
