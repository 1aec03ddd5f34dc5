package ses

import (
	"context"
	"net"
)

// DialBy makes c open its connections so, whatever proxy this machine has.
func (c *Channel) DialBy(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.wire.DialContext, c.wire.Proxy = dial, nil
}
