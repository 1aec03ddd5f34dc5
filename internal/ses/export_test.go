package ses

import (
	"context"
	"net"
)

// DialBy makes c open its connections so.
func (c *Channel) DialBy(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.wire.DialContext = dial
}
