package ses_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"aftersales/internal/ses"
)

// near is a network inside a bubble of synctest: no time passes on it but what a
// test waits for.
type near struct {
	conns chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func (n *near) Accept() (net.Conn, error) {
	select {
	case c := <-n.conns:
		return c, nil
	case <-n.gone:
		return nil, net.ErrClosed
	}
}

func (n *near) Close() error {
	n.once.Do(func() { close(n.gone) })
	return nil
}

func (n *near) Addr() net.Addr { return &net.UnixAddr{Name: "near", Net: "unix"} }

func (n *near) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case n.conns <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// within returns a channel to a server that is in the same bubble.
func within(t *testing.T, h http.Handler, shared aws.Config, c ses.Config) *ses.Channel {
	t.Helper()
	n := &near{conns: make(chan net.Conn), gone: make(chan struct{})}
	server := &http.Server{Handler: h}
	var wg sync.WaitGroup
	wg.Go(func() { _ = server.Serve(n) })
	shared.BaseEndpoint = aws.String("http://ses.test")
	ch := ses.New(shared, c)
	ch.DialBy(n.dial)
	t.Cleanup(func() {
		ch.CloseIdle()
		_ = server.Close()
		wg.Wait()
	})
	return ch
}
