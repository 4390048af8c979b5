// Package transcript runs recorded conversations with a server and compares
// what comes back: the tests of all that a client can see.
//
// A transcript is a text of steps:
//
//	# A comment.
//	a> SET token x PX 50
//	OK
//	! advance 50ms
//	b> GET token
//	(nil)
//	a> BLPOP list 0
//	(blocked)
//	b> RPUSH list x
//	(integer) 1
//	a<
//	1) "list"
//	2) "x"
//
// a and b are connections. A line with > is a command in the words of an
// inline command; the lines that follow, up to the next step, are its reply
// as redis-cli shows it. A line with < shows what has arrived since. A line
// with ! is a directive for the target (advance, restart) or for the runner:
//
//	! only 7.2     the rest of the file is newer than the reference server
//	! differs      the next step differs from the reference server
//	! skip lua     the whole file is not for that target
//
// Replies whose order means nothing (SMEMBERS, KEYS …) are compared sorted.
package transcript
