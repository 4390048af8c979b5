package engine

import "strings"

// An Error is a failure that a client can act on. Code is the first word on
// the wire, Text the rest; both are what clients of this protocol expect.
type Error struct {
	Code string
	Text string
}

// Error returns the error as it stands on the wire, without the leading dash.
func (e *Error) Error() string {
	if e.Text == "" {
		return e.Code
	}
	return e.Code + " " + e.Text
}

// Errors whose text never varies.
var (
	ErrSyntax        = &Error{"ERR", "syntax error"}
	ErrNotInteger    = &Error{"ERR", "value is not an integer or out of range"}
	ErrNotFloat      = &Error{"ERR", "value is not a valid float"}
	ErrMinMaxFloat   = &Error{"ERR", "min or max is not a float"}
	ErrMinMaxLex     = &Error{"ERR", "min or max not valid string range item"}
	ErrNoKey         = &Error{"ERR", "no such key"}
	ErrWrongType     = &Error{"WRONGTYPE", "Operation against a key holding the wrong kind of value"}
	ErrOutOfRange    = &Error{"ERR", "index out of range"}
	ErrOverflow      = &Error{"ERR", "increment or decrement would overflow"}
	ErrNaN           = &Error{"ERR", "increment would produce NaN or Infinity"}
	ErrDBIndex       = &Error{"ERR", "DB index is out of range"}
	ErrSameObject    = &Error{"ERR", "source and destination objects are the same"}
	ErrPositive      = &Error{"ERR", "value is out of range, must be positive"}
	ErrTooLong       = &Error{"ERR", "string exceeds maximum allowed size (proto-max-bulk-len)"}
	ErrOOM           = &Error{"OOM", "command not allowed when used memory > 'maxmemory'."}
	ErrNoAuth        = &Error{"NOAUTH", "Authentication required."}
	ErrNoScript      = &Error{"ERR", "This Redis command is not allowed from script"}
	ErrExecAbort     = &Error{"EXECABORT", "Transaction discarded because of previous errors."}
	ErrTimeoutFloat  = &Error{"ERR", "timeout is not a float or out of range"}
	ErrTimeoutNeg    = &Error{"ERR", "timeout is negative"}
	ErrInvalidCursor = &Error{"ERR", "invalid cursor"}
)

// Errf makes an ERR error.
func Errf(text string) *Error { return &Error{"ERR", text} }

func errArity(name string) *Error {
	return Errf("wrong number of arguments for '" + name + "' command")
}

// errUnknownCommand echoes what was sent, as Redis does: at most 128 bytes of
// the name and about as much of the arguments.
func errUnknownCommand(argv [][]byte) *Error {
	var b strings.Builder
	b.WriteString("unknown command '")
	b.WriteString(clip(argv[0], 128))
	b.WriteString("', with args beginning with: ")
	room := 0
	for _, a := range argv[1:] {
		if room >= 128 {
			break
		}
		s := "'" + clip(a, 128-room) + "' "
		room += len(s)
		b.WriteString(s)
	}
	return Errf(b.String())
}

func errUnknownSubcommand(container string, sub []byte) *Error {
	return Errf("unknown subcommand '" + clip(sub, 128) + "'. Try " + strings.ToUpper(container) + " HELP.")
}

// errSubcommandSyntax is for a subcommand that takes fewer arguments than the
// running command has.
func (c *Client) errSubcommandSyntax() *Error {
	return Errf("unknown subcommand or wrong number of arguments for '" + clip(c.argv[1], 128) + "'. Try " + strings.ToUpper(string(c.argv[0])) + " HELP.")
}

func clip(b []byte, n int) string {
	if len(b) > n {
		b = b[:n]
	}
	// Redis prints these with %s, which ends at a NUL.
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
