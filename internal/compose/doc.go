// Package compose turns a step and its journey into a message: the Composer of the domain.
//
// A message is Markdown with front matter, one file per language. It is read once, at the start: the template actions
// become tokens, the Markdown around them becomes a small document, and the document becomes two programs, one that
// writes HTML and one that writes plain text. What a customer or a store wrote is only put in when a program runs, as
// text or as the address of a link, so it can never be read as Markdown, HTML or a template.
package compose
