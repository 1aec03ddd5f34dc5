// Package condition asks the conditions of plans. What it asks is a tree, which
// package plan makes of a text that expr-lang parsed and typed: so a plan that was
// read once, at its deployment, needs neither parser nor type checker where it is
// used. Both forms of the product ask this way, and it answers as expr-lang's own
// machine does, but for what no condition may say.
package condition
