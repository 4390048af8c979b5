package resp

import "strings"

// Kind is the type of a reply, by the byte that announces it in RESP3.
type Kind byte

// The kinds of replies. RESP2 knows Status to Array, and the two nulls.
const (
	KindStatus    Kind = '+'
	KindError     Kind = '-' // also the RESP3 error of any bytes, announced by '!'
	KindInt       Kind = ':'
	KindBulk      Kind = '$'
	KindArray     Kind = '*'
	KindNull      Kind = '_' // also a RESP2 null string
	KindNullArray Kind = 'n' // a RESP2 null array; no byte announces it
	KindDouble    Kind = ','
	KindBool      Kind = '#'
	KindVerbatim  Kind = '='
	KindBigNumber Kind = '('
	KindMap       Kind = '%'
	KindSet       Kind = '~'
	KindPush      Kind = '>'
)

// Value is a reply as its receiver sees it. The zero Value is no reply.
type Value struct {
	Kind   Kind
	Str    []byte  // Text of a status, error, bulk, verbatim text, big number, or double (as it was sent).
	Syntax string  // What a verbatim text is written in, such as txt.
	Int    int64   // The integer, and 1 or 0 for a bool.
	Float  float64 // The double.
	Elems  []Value // Elements in their order; of a map, keys and values in turn.
	Attrs  []Value // Keys and values, in turn, of the attributes before the reply.
}

// IsNull reports whether v is a null of any kind.
func (v Value) IsNull() bool { return v.Kind == KindNull || v.Kind == KindNullArray }

// Err returns a ServerError if v is an error, else nil. Errors within an aggregate do not count.
func (v Value) Err() error {
	if v.Kind == KindError {
		return ServerError(v.Str)
	}
	return nil
}

// String returns the text of v where it has one, and else what Raw returns.
func (v Value) String() string {
	if v.Str != nil {
		return string(v.Str)
	}
	return v.Raw()
}

// ServerError is an error that a server replied, code first.
type ServerError string

func (e ServerError) Error() string { return string(e) }

// Code returns the first word, such as ERR or WRONGTYPE.
func (e ServerError) Code() string {
	code, _, _ := strings.Cut(string(e), " ")
	return code
}
