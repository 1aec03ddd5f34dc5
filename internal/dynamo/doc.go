// Package dynamo keeps journeys, contacts and received bodies in three tables of
// DynamoDB: the store of the form without a loop. Every write but one
// is a single item under a condition.
//
//	journeys  pk=<journey id>             GSIs, keys only: due(dh, dr) list(lh, lr) by_contact(ch, cr)
//	  H                                   head: v w b, ch cr, lh lr while a case is open
//	  F#<rest of the follow-up's id>      row: v w st att b, dh dr while a look is due, lh lr while on a list
//	  E#<source>#<id>                     event, written once: b
//	  pk=PLAN#<shop>                      <hash>: gzipped plan | N#<plan>#<version>: hash
//	contacts  pk=<contact id>
//	  C                                   what is personal: b
//	  S                                   consents, suppression, sends: v w b; v is the contact's version
//	inbox     pk=<shop>#<source>#<key>    t h at b n d ttl: topic, hash, received, packed body, parts, why done
//	  pk=CTL#<name>                       a value of the operation: v w b
//
// v is the version, w the name of the write that made the item, b a packed value
// (see pack). dh=<lane>#<shard>, dr=<UTC milliseconds, text><follow-up id>.
// lh=<shop>#<list>, ch=<contact id>; lr and cr are the journey's id, so that both
// indexes are read journey by journey, by id; on the list of a day lr is as dr.
// What is too long for a key is cut and ends in its hash; the item then keeps its
// id.
//
// Writes are safe to repeat: a condition that fails because of one's own earlier
// attempt shows its w. An event is named by source and id, not by time, so that
// one that is told again with another time is still the same.
//
// A contact is two items under one version, that of S. What changes S alone (a
// consent, a reservation) is one write; what changes C writes both in the only
// transaction there is, since a C that was written beside its S could be lost to
// another writer's.
package dynamo
