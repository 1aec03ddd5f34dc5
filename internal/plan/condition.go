package plan

import (
	"errors"
	"fmt"
	"sync"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"aftersales/internal/followup"
)

// Compile types a condition of one kind ([KindOrder], [KindUnit], [KindStep],
// [KindUnitStep]) and makes it ready to be asked. The error is one line a
// problem: cause; mend.
func Compile(kind, src string) (followup.Condition, error) {
	if _, ok := sights[kind]; !ok {
		return nil, fmt.Errorf("compile condition: unknown kind %s", quote(kind))
	}
	q, problems := compile(kind, src)
	if len(problems) > 0 {
		var errs []error
		for _, p := range problems {
			errs = append(errs, fmt.Errorf("compile condition %s: character %d: %s; %s", quote(src), p.at+1, p.cause, p.mend))
		}
		return nil, errors.Join(errs...)
	}
	return &condition{when: q}, nil
}

// condition is when and not unless, as one. Either may be nil, not both.
type condition struct {
	when, unless *question
}

// Holds reports whether the condition holds. It is safe for concurrent use and
// has no effects; an error names the condition and what went wrong, such as
// amounts in two currencies.
func (c *condition) Holds(s *followup.Scope) (bool, error) {
	if c.when != nil {
		if ok, err := c.when.ask(s); !ok || err != nil {
			return false, err
		}
	}
	if c.unless != nil {
		ok, err := c.unless.ask(s)
		return !ok && err == nil, err
	}
	return true, nil
}

// String writes the condition as the plan does.
func (c *condition) String() string { return c.write(func(q *question) string { return q.src }) }

// canonical is the same for sources that differ in layout and quoting only.
func (c *condition) canonical() string {
	return c.write(func(q *question) string { return q.canonical })
}

func (c *condition) write(text func(*question) string) string {
	switch {
	case c.unless == nil:
		return text(c.when)
	case c.when == nil:
		return "unless " + text(c.unless)
	default:
		return text(c.when) + " unless " + text(c.unless)
	}
}

// reads reports whether either half names a root or function.
func (c *condition) reads(root string) bool {
	return c.when != nil && c.when.names.has(root) || c.unless != nil && c.unless.names.has(root)
}

// question is one compiled expression.
type question struct {
	src       string
	canonical string
	names     names
	needs     needs
	program   *vm.Program
	direct    func(*followup.Scope) bool // instead of the program; nil: there is more in it
	pool      sync.Pool                  // of *run
}

// run is what one evaluation needs: a machine and an environment.
type run struct {
	vm    vm.VM
	views views
}

// ask evaluates the question.
func (q *question) ask(s *followup.Scope) (bool, error) {
	if s.Unit == nil && q.needs.unit {
		return false, fmt.Errorf("ask %s: no unit is in question", quote(q.src))
	}
	if q.direct != nil {
		return q.direct(s), nil
	}
	r, _ := q.pool.Get().(*run)
	if r == nil {
		r = &run{}
	}
	r.views.fill(s, &q.needs)
	out, err := r.vm.Run(q.program, &r.views)
	r.views.forget()
	q.pool.Put(r)
	if err != nil {
		return false, fmt.Errorf("ask %s: %s", quote(q.src), reason(err))
	}
	yes, ok := out.(bool)
	if !ok {
		return false, fmt.Errorf("ask %s: the answer is not true or false", quote(q.src))
	}
	return yes, nil
}

// reason is the cause without the drawing that expr adds to its errors.
func reason(err error) string {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return plain.Replace(e.Message)
	}
	return plain.Replace(err.Error())
}
