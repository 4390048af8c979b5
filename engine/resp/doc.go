// Package resp speaks the protocol of Redis clients, RESP2 and RESP3, in both directions: Framer and Buffer turn a
// client's bytes into commands, Writer encodes replies, and Reader and Conn are the client's side, for the command line
// and for tests.
//
// The package does no scheduling and owns no goroutine. A server reads into Buffer.Free, asks Framer.Next for commands
// until there are none, and writes out Writer.Bytes; nothing here allocates in steady state.
//
// Replies are encoded by redcon's Append functions, and this is the only package that imports redcon. What RESP3 adds
// is encoded here, as redcon has none of it. Requests are not read by redcon: its reader does not survive hostile
// lengths, has no limits, and reads a partial command again from its start. Framer has found every argument by the time
// it knows that a command is complete, in the time (30 ns for a SET) that redcon.ReadNextCommand takes to read the same
// command once, so handing it on would only double the cost.
package resp
