package smtp

import (
	"errors"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

var (
	errNoTLS  = errors.New("the relay offers no STARTTLS; nothing is sent in the clear")
	errNoAuth = errors.New("the relay offers no log-in that is allowed here")
)

// startTLS turns the conversation into a protected one.
func (n *conn) startTLS(c Config) error {
	if ok, _ := n.client.Extension("STARTTLS"); !ok {
		return errNoTLS
	}
	n.within(c.Timeouts.Command, maxHandshake)
	return n.ask(func() error { return n.client.StartTLS(c.TLS) })
}

// login authenticates. The library refuses to say a password in the clear to
// any but this machine.
func (n *conn) login(c Config) error {
	_, offered := n.client.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offered))
	may := func(m Mechanism, name string) bool {
		return (c.Mechanism == m || c.Mechanism == AnyAuth) && slices.Contains(mechanisms, name)
	}
	switch {
	case may(PlainAuth, "PLAIN"):
		return n.client.Auth(smtp.PlainAuth("", c.Username, c.Password, c.Host, false))
	case may(LoginAuth, "LOGIN"):
		return n.client.Auth(smtp.LoginAuth(c.Username, c.Password, c.Host, false))
	default:
		return errNoAuth
	}
}
