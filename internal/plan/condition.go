package plan

import "aftersales/internal/condition"

// read is a condition with what it names, for the lint.
type read struct {
	condition.Condition
	when, unless *question // of when and unless; nil: there is none
}

// checked joins the halves of a condition. Either may be nil, not both.
func checked(when, unless *question) *read {
	c := &read{when: when, unless: unless}
	if when != nil {
		c.When = when.asked
	}
	if unless != nil {
		c.Unless = unless.asked
	}
	return c
}

// Ready returns what is asked, without what it names.
func (c *read) Ready() *condition.Condition { return &c.Condition }

// reads reports whether either half names a root or function.
func (c *read) reads(root string) bool {
	return c.when != nil && c.when.names.has(root) || c.unless != nil && c.unless.names.has(root)
}

// question is one expression that was read.
type question struct {
	src   string
	names names
	asked *condition.Question // with problems: it cannot be asked
}
