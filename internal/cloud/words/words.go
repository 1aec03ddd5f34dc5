// Package words gives functions the messages: the merchant's own and those built in.
package words

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/cloud"
	"aftersales/internal/compose"
	"aftersales/internal/followup"
	"aftersales/internal/link"
	"aftersales/messages"
)

// Compose lets a function write messages.
func Compose(p *cloud.Parts, _ aws.Config) {
	var own fs.FS
	if p.Config.Messages != "" {
		own = os.DirFS(filepath.Join(filepath.Dir(p.Env.File), filepath.FromSlash(p.Config.Messages)))
	}
	p.Composer = func(links *link.Links) (followup.Composer, error) {
		return compose.New(compose.Options{Messages: own, Defaults: messages.Files(), Links: links})
	}
}
