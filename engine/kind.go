package engine

// Kind is the type of a key's value.
type Kind uint8

const (
	KindNone Kind = iota
	KindString
	KindList
	KindSet
	KindSortedSet
	KindHash
	KindStream
)

var kindNames = [...]string{"none", "string", "list", "set", "zset", "hash", "stream"}

// String returns the name that TYPE replies.
func (k Kind) String() string { return kindNames[k] }
