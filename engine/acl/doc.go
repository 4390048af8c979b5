// Package acl is the pure part of access control: users, the rules that they
// are made of, and the question of whether a user may make a call.
//
// A User has passwords, as SHA-256 only, and selectors. A Selector says which
// commands, keys and channels it permits; a call is permitted when one of the
// user's selectors permits all of it. Rules are the words of ACL SETUSER and
// of the ACL file; they mean, and are shown as, what Redis 7.2 makes of them.
//
// The package knows commands by name, number and category only: see Commands.
// Nothing here locks; the engine's loop owns everything.
package acl
