// Package ses is the mail channel on Amazon SES v2, and reads the events by which
// SES reports what became of a mail.
//
// Mails are handed over as simple content, not as raw MIME: SES writes the
// multipart itself, signs what it wrote, and takes the List-Unsubscribe headers
// beside it, so that no MIME library is needed in the functions. What raw content
// would add (more than fifteen headers, attachments, nested parts) no message of
// ours has. Either way SES replaces Message-ID and Date by its own, so the stable
// Message-ID of a message is not sent: its receipt is the id that SES returns,
// and the Message-ID that customers' mail programs answer to is that id at
// email.amazonses.com or REGION.amazonses.com. Evidence needs neither: every mail
// carries the tags j and f (journey and follow-up, base64url) and at (attempt),
// which SES repeats in each event.
//
// SES has no idempotency token. A send is one HTTP request, never repeated: the
// SDK's retries are off, and what happened to the request decides the class of a
// failure. A request that was not written whole was surely not accepted; one that
// was, and has no readable answer, is unclear.
package ses
