// Package differential runs generated commands against the engine and against
// redis-server and compares replies and state.
//
// A Generator makes episodes, sequences of commands that begin with an empty
// server, from the arguments that the command table declares: a command is
// covered as soon as it is declared. Run sends each episode to both sides and
// compares them reply by reply, and after the episode by what all keys hold.
// Keys expire meanwhile, and further clients wait for some (waiters.go).
// On the engine's side it also restarts from the journal in the middle of an
// episode, and runs commands that it then rolls back: neither may be noticed.
// After the episode the journal must rebuild the same state.
//
// What differs on purpose is named in known.go, as narrowly as it can be, and
// described in the README. Commands that choose at random are compared by
// shape and membership (random.go), scans by completeness (scan.go).
//
// CompareDeclarations compares what COMMAND and COMMAND DOCS say.
//
// A difference is reported with the seed and the shortest episode that still
// shows it.
package differential
