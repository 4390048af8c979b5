// Package engine owns the keyspace: data types, commands, execution units and
// the one write path, all run by a single loop.
package engine
