// Package web is what people and machines reach by HTTP: webhooks, the pages
// customers answer on, and the operators' plain pages. It renders and parses;
// every rule is in package followup, every change in package engine.
//
// There are two handlers, for two listeners: [Public] may face the internet,
// [Operator] shows personal data and belongs on the loopback address.
//
// The pages are the templates below pages, written as Go by package compile into
// written_*.go: after a change to a template or its data run
//
//	go test ./internal/web -run TestWritten -update
package web
