// Package web is what people and machines reach by HTTP: webhooks, the pages
// customers answer on, and the operators' plain pages. It renders and parses;
// every rule is in package followup, every change in package engine.
//
// There are two handlers, for two listeners: [Public] may face the internet,
// [Operator] shows personal data and belongs on the loopback address.
package web
