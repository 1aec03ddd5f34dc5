// Package voice gives functions Amazon Connect, where it is the voice provider.
package voice

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/cloud"
	"aftersales/internal/config"
	"aftersales/internal/connect"
)

// Call lets a function make calls.
func Call(p *cloud.Parts, shared aws.Config) {
	if v := p.Env.Voice; v.Provider == config.ConnectVoice {
		p.Voice = connect.New(shared, connect.Config{Instance: v.Instance, Flow: v.Flow, Number: v.Number})
	}
}

// Events lets a function read what became of calls.
func Events(p *cloud.Parts, shared aws.Config) {
	if v := p.Env.Voice; v.Provider == config.ConnectVoice {
		p.Calls = connect.NewEvents(shared, v.Instance)
	}
}
