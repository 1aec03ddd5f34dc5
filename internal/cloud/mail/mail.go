// Package mail gives functions Amazon SES.
package mail

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/cloud"
	"aftersales/internal/ses"
)

// Send lets a function send mail.
func Send(p *cloud.Parts, shared aws.Config) {
	p.Mail = ses.New(shared, ses.Config{ConfigurationSet: p.Env.ConfigurationSet})
}

// Account lets a function read what SES allows.
func Account(p *cloud.Parts, shared aws.Config) { p.Account = quota{ses.New(shared, ses.Config{})} }

// quota tells limits by what SES says of the account.
type quota struct{ channel *ses.Channel }

// Limits reads them.
func (q quota) Limits(ctx context.Context) (cloud.Limits, error) {
	now, err := q.channel.Quota(ctx)
	if err != nil {
		return cloud.Limits{}, err
	}
	return cloud.Limits{PerSecond: now.PerSecond, Left: now.Left, Stopped: now.Paused}, nil
}
