package engine

// Reply receives what a command answers. A handler writes exactly one reply
// (an aggregate's header counts its elements as part of it) or returns an
// error. How a kind of value looks is the implementation's business: RESP2
// and RESP3 in engine/resp, Lua values in scripting, a recorder in tests.
type Reply interface {
	Status(s string)
	Error(code, text string)
	Int(n int64)
	// Bulk copies b before it returns.
	Bulk(b []byte)
	BulkString(s string)
	Double(f float64)
	// DoubleText is Double for a number whose digits are the caller's.
	DoubleText(text []byte)
	Bool(b bool)
	Null()
	// NullArray is a missing array, which RESP2 tells from a missing bulk.
	NullArray()
	// Array announces n elements, which are written next.
	Array(n int)
	// Map announces n pairs: key, value, key, value.
	Map(n int)
	Set(n int)
	// Pairs announces n pairs that RESP2 flattens and RESP3 nests; Pair is
	// called before the two elements of each.
	Pairs(n int)
	Pair()
	// NestedMap announces n pairs that RESP3 shows as a map and RESP2 as arrays
	// of two; NestedPair is called before the two elements of each.
	NestedMap(n int)
	NestedPair()
	Verbatim(format string, b []byte)
	BigNumber(s string)
	// Push announces an out-of-band message of n elements.
	Push(n int)
}

// WriteError writes err as a reply: an *Error as it is, anything else as ERR.
func WriteError(w Reply, err error) {
	if e, ok := err.(*Error); ok {
		w.Error(e.Code, e.Text)
		return
	}
	w.Error("ERR", err.Error())
}

// Discard is a Reply that forgets everything.
type Discard struct{}

func (Discard) Status(string)           {}
func (Discard) Error(string, string)    {}
func (Discard) Int(int64)               {}
func (Discard) Bulk([]byte)             {}
func (Discard) BulkString(string)       {}
func (Discard) Double(float64)          {}
func (Discard) DoubleText([]byte)       {}
func (Discard) Bool(bool)               {}
func (Discard) Null()                   {}
func (Discard) NullArray()              {}
func (Discard) Array(int)               {}
func (Discard) Map(int)                 {}
func (Discard) Set(int)                 {}
func (Discard) Pairs(int)               {}
func (Discard) Pair()                   {}
func (Discard) NestedMap(int)           {}
func (Discard) NestedPair()             {}
func (Discard) Verbatim(string, []byte) {}
func (Discard) BigNumber(string)        {}
func (Discard) Push(int)                {}
