// Package reach finds a deployed stack from an operator's machine. It is apart
// from the functions, since what only operators need would make each of them
// slower to start.
package reach

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"time"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/dynamo"
	"aftersales/internal/followup"
	"aftersales/internal/params"
	"aftersales/internal/setup"
	"aftersales/internal/sqs"
)

// Stack finds the tables and queues of a stack by its outputs. c is the
// configuration that was deployed; shops without a public_url get the stack's.
func Stack(ctx context.Context, name string, c *config.Config, log *slog.Logger) (*cloud.Stack, error) {
	shared, err := account(ctx)
	if err != nil {
		return nil, err
	}
	out, err := outputs(ctx, shared, name)
	if err != nil {
		return nil, err
	}
	env, err := environment(name, out)
	if err != nil {
		return nil, err
	}
	var shops []followup.ShopID
	for i := range c.Shops {
		shops = append(shops, c.Shops[i].ID)
		if c.Shops[i].PublicURL == "" {
			c.Shops[i].PublicURL = env.BaseURL
		}
	}
	table := dynamo.New(dynamo.Client(shared), dynamo.Tables{Journeys: env.Journeys, Contacts: env.Contacts, Inbox: env.Inbox},
		dynamo.Config{Shops: shops, Clock: time.Now})
	files := setup.Source{Config: c}
	return &cloud.Stack{
		Table: table, Parse: setup.Parse,
		Queue: func(output string) cloud.FailedQueue { return sqs.New(shared, out[output]) },
		Form: cloud.New(cloud.Parts{
			Env: env, Config: c, Files: files.Files, Composer: files.Composer, Store: table, Secrets: params.New(shared, name),
			EnrollQueue: sqs.New(shared, env.EnrollQueue), DeliverQueue: sqs.New(shared, env.DeliverQueue),
			Now: func() time.Time { return time.Now().UTC() }, NewID: rand.Text, Log: log, Metrics: io.Discard, Version: cloud.Version,
		}),
	}, nil
}

func environment(name string, out map[string]string) (*config.Cloud, error) {
	for _, output := range []string{"JourneysTable", "ContactsTable", "InboxTable", "EnrollQueue", "DeliverQueue"} {
		if out[output] == "" {
			return nil, fmt.Errorf("stack %s has no output %s: it is not one of this product, or an older one; deploy it again", name, output)
		}
	}
	return &config.Cloud{
		Stack: name, BaseURL: out["BaseUrl"], Journeys: out["JourneysTable"], Contacts: out["ContactsTable"], Inbox: out["InboxTable"],
		EnrollQueue: out["EnrollQueue"], DeliverQueue: out["DeliverQueue"],
	}, nil
}
