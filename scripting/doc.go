// Package scripting runs Lua 5.1 scripts as Redis does, on gopher-lua, and is the only package that knows it.
//
// A source becomes a chunk (compile): it is parsed (lexer, parser), adjusted so that the VM does what Lua 5.1 does (lower)
// and turned into instructions (codegen). A chunk is immutable and may be kept and shared. A machine runs chunks: it holds
// the LState, the libraries and the frozen globals, belongs to one goroutine, and lets no script change what another one
// sees. Each run is under a Monitor, which the hook consults before instructions and library functions consult during
// long work; what it stops stays stopped, whatever the script catches.
//
// Users of this package never hand gopher-lua's own functions to scripts, and never set a metatable or a field of a table
// that a script gave without asking writer first.
package scripting
