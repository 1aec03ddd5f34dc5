//go:build !unix

package local_test

import "time"

// cpuTime is the processor time this process has used; here nobody tells.
func cpuTime() time.Duration { return 0 }
