package cloud

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/params"
	"aftersales/internal/ready"
	"aftersales/internal/sqs"
)

// Version is set by the linker: -X aftersales/internal/cloud.Version=1.0.0.
var Version = "unknown" //nolint:gochecknoglobals // what the linker sets must be one

// Part adds to a form what its function uses beside tables and secrets. The
// packages below this one have more of them: a function is built with those it
// names.
type Part func(p *Parts, shared aws.Config)

// WithEnroll lets a function send to the enroll queue.
func WithEnroll(p *Parts, shared aws.Config) { p.EnrollQueue = sqs.New(shared, p.Env.EnrollQueue) }

// WithDeliver lets a function send to the deliver queue.
func WithDeliver(p *Parts, shared aws.Config) { p.DeliverQueue = sqs.New(shared, p.Env.DeliverQueue) }

// WithDead lets a function that reads a queue send to the dead letter queue of that one.
func WithDead(p *Parts, shared aws.Config) { p.DeadQueue = sqs.New(shared, p.Env.DeadQueue) }

// Open makes the form of a function from the environment, at cold start. Every
// fault is in the log, and in the error, at once. It makes no request.
func Open(name string, parts ...Part) (*Form, error) {
	log := slog.New(&requests{slog.NewJSONHandler(os.Stdout, nil)})
	f, err := open(name, parts, log)
	if err != nil {
		log.Error("function does not start", "function", name, "err", err)
	}
	return f, err
}

func open(name string, parts []Part, log *slog.Logger) (*Form, error) {
	env, err := config.LoadCloud(config.Function(name), nil)
	if err != nil {
		return nil, err
	}
	debug.SetGCPercent(gcPercent)
	shop, err := readShop(env)
	if err != nil {
		return nil, err
	}
	shared := sharedOf(env.AWS)
	settings := shop.Config(env.BaseURL)
	shops := make([]followup.ShopID, len(settings.Shops))
	for i := range settings.Shops {
		shops[i] = settings.Shops[i].ID
	}
	p := Parts{
		Env: env, Config: settings,
		Store: dynamo.New(lean(dynamo.Client(shared)), dynamo.Tables{Journeys: env.Journeys, Contacts: env.Contacts, Inbox: env.Inbox},
			dynamo.Config{Shops: shops, Clock: time.Now, Shards: env.DueShards}),
		Secrets: params.New(shared, env.Stack, secretsOf(env.Function, shops)...),
		Now:     func() time.Time { return time.Now().UTC() }, NewID: rand.Text, Log: log, Metrics: os.Stdout, Version: Version,
	}
	if env.Function != config.Intake { // it stores bodies; what they are for, others look up
		p.Files, p.Digest = shop.Files, shop.Digest()
	}
	for _, part := range parts {
		part(&p, shared)
	}
	return New(p), nil
}

// gcPercent lets the heap grow to five times what lives: a sandbox has memory to
// spare, and none of it is collected before the first answer.
const gcPercent = 400

// readShop reads what the build made of the shop's folder.
func readShop(env *config.Cloud) (*ready.Packed, error) {
	text, err := os.ReadFile(filepath.Join(filepath.Dir(env.File), ready.FileName))
	if err != nil {
		return nil, fmt.Errorf("read shop: %w: build the functions with make", err)
	}
	return ready.Read(text)
}

// sharedOf is what all clients of AWS share: the sandbox's keys, which live as
// long as it does, and its connections. The SDK's own loader would look in files,
// profiles and metadata services that a function does not have.
func sharedOf(a config.AWS) aws.Config {
	shared := aws.Config{
		Region: a.Region, HTTPClient: awshttp.NewBuildableClient(),
		Credentials: credentials.NewStaticCredentialsProvider(a.KeyID, a.Key.Reveal(), a.Token.Reveal()),
	}
	if a.Endpoint != "" {
		shared.BaseEndpoint = &a.Endpoint
	}
	return shared
}

// secretsOf names what a function will ask for, so that its first request reads
// all of it at once.
func secretsOf(f config.Function, shops []followup.ShopID) []string {
	names := []string{linkKey, linkKeyOld, contactKey}
	if f == config.Console {
		names = append(names, SessionKey)
	}
	if f == config.Intake {
		for _, shop := range shops {
			for _, s := range config.Sources {
				names = append(names, config.SecretName(s, shop), config.SecretName(s, shop)+"_NEXT")
			}
		}
	}
	return names
}

// requests adds to each line which invocation wrote it.
type requests struct{ slog.Handler }

// Handle writes a line.
func (h *requests) Handle(ctx context.Context, r slog.Record) error {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("request_id", lc.AwsRequestID))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs keeps the rest.
func (h *requests) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &requests{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the rest.
func (h *requests) WithGroup(name string) slog.Handler { return &requests{h.Handler.WithGroup(name)} }
