// Package engine owns the data and everything that may change it: the
// keyspace, the data types, the command table and its dispatcher, execution
// units with their effects, transactions, blocking, pub/sub and expiry.
//
// One goroutine, the loop, owns an Engine and calls every method of it and of
// its clients, keyspaces and objects; nothing here locks. Whoever is not on
// the loop hands it work with Post.
//
// A command's path: arguments → look-up in the table → checks common to all
// (arity, permission, state, memory) → handler → effects → journal → reply.
// Data changes only through the keyspace's and the objects' write methods,
// each of which records an Effect in the current unit (effect.go, unit.go).
package engine
