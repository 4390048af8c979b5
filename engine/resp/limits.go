package resp

import (
	"errors"
	"math"
)

// Limits bounds what a client may send. Framer takes them anew at each call, so that a change, such as a client having
// authenticated itself, holds from the next length that is read.
type Limits struct {
	Inline        int  // Bytes of a line: an inline command, or a length with its type byte.
	Bulk          int  // Bytes of an argument (proto-max-bulk-len).
	Args          int  // Arguments of a command.
	QueryBuffer   int  // Bytes of an unfinished command (client-query-buffer-limit).
	Authenticated bool // Clients that still have to authenticate get strangerArgs and strangerBulk instead.
}

// What AUTH and HELLO need at most, so that a stranger cannot make the server hold much.
const (
	strangerArgs = 10
	strangerBulk = 16 << 10
)

// DefaultLimits returns the bounds of a server that was not told otherwise, for an authenticated client.
func DefaultLimits() Limits {
	return Limits{
		Inline:        64 << 10,
		Bulk:          512 << 20,
		Args:          math.MaxInt32,
		QueryBuffer:   1 << 30,
		Authenticated: true,
	}
}

// ProtocolError says what is wrong with a peer's bytes. A server tells it to the client as an ERR; either side closes the
// connection after that, because the start of the next command or reply is unknown.
type ProtocolError string

func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

const (
	errInlineTooBig     ProtocolError = "too big inline request"
	errUnbalanced       ProtocolError = "unbalanced quotes in request"
	errCountTooBig      ProtocolError = "too big mbulk count string"
	errCount            ProtocolError = "invalid multibulk length"
	errCountOfStranger  ProtocolError = "unauthenticated multibulk length"
	errLengthTooBig     ProtocolError = "too big bulk count string"
	errLength           ProtocolError = "invalid bulk length"
	errLengthOfStranger ProtocolError = "unauthenticated bulk length"
)

// errNoDollar says that the length of an argument was announced by another byte than a dollar sign.
func errNoDollar(got byte) error {
	return ProtocolError("expected '$', got '" + string([]byte{got}) + "'")
}

// ErrQueryBuffer says that an unfinished command exceeds Limits.QueryBuffer. The connection is closed without a reply.
var ErrQueryBuffer = errors.New("query buffer limit reached")
