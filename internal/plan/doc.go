// Package plan reads what a merchant edits: plan files and the catalogue.
//
// A file becomes a small tree of nodes with positions (yaml.go), the tree is
// held against the tables of the language (language.go), the values are built
// (build.go) and what no table can say is linted (lint.go and its neighbours).
// Every stage goes on after a fault, so one reading reports all of them, each
// with its place, its cause and how to mend it.
//
// Conditions are parsed and typed by expr-lang when the file is read
// (condition.go), and asked by package condition; what they may name is a closed
// vocabulary without clock and without the states of follow-ups (vocabulary.go,
// views.go).
package plan
