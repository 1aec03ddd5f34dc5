//go:build !unix

package sqlite

import "os"

// lockFile takes nothing: where there is no flock, such as on Windows, the
// operator has to see to it that one process serves a folder. Two would not
// send twice, because arming a row is one transaction, but one would take the
// other's armed rows for those of a dead process.
func lockFile(*os.File) error { return nil }
