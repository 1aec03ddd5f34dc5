package followup

import "context"

// Kept is a body as the inbox keeps it after it was accepted.
type Kept struct {
	Incoming        // Body may be empty once it is done: hash and key have to stay
	Done     bool   // nobody has to enroll it; a store whose queue knows what waits says false
	Reason   string // given when it was marked done without a Save
}

// Census counts what no question of a customer, a shop or a due time leads to:
// it is how the whole of a store is moved into another one.
type Census interface {
	// ContactIDs pages through every contact that was ever written, those that no
	// journey names any more included, each once, in an order that stays. It may
	// be a moment stale.
	ContactIDs(ctx context.Context, after Cursor, limit int) ([]ContactID, Cursor, error)
	// PlanDocs returns every stored plan, by shop, name and version.
	PlanDocs(ctx context.Context) ([]PlanDoc, error)
	// Bodies pages through the inbox, done or not, each once: oldest first where
	// the store knows an order.
	Bodies(ctx context.Context, after Cursor, limit int) ([]Kept, Cursor, error)
}
