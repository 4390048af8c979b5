package rdb

// Type is the first byte of a payload: which value follows, and in which form.
type Type byte

// The types of values, with the RDB version that brought each where it is
// newer than what Write writes.
const (
	TypeString          Type = 0
	TypeList            Type = 1 // elements one by one
	TypeSet             Type = 2
	TypeZSet            Type = 3 // scores as text
	TypeHash            Type = 4
	TypeZSet2           Type = 5 // scores as binary doubles
	TypeHashZipmap      Type = 9
	TypeListZiplist     Type = 10
	TypeSetIntset       Type = 11
	TypeZSetZiplist     Type = 12
	TypeHashZiplist     Type = 13
	TypeListQuicklist   Type = 14 // nodes are ziplists
	TypeStream          Type = 15
	TypeHashListpack    Type = 16
	TypeZSetListpack    Type = 17
	TypeListQuicklist2  Type = 18 // nodes are listpacks or single elements
	TypeStream2         Type = 19 // with first and greatest deleted ID, and what groups have read
	TypeSetListpack     Type = 20 // 11
	TypeStream3         Type = 21 // 11: with the time when consumers were active
	TypeHashFieldTTLPre Type = 22 // 12: field deadlines, absolute
	TypeHashPackTTLPre  Type = 23 // 12: a listpack of fields, values and deadlines
	TypeHashFieldTTL    Type = 24 // 12: field deadlines, relative to the first one
	TypeHashPackTTL     Type = 25 // 12: the first deadline, then as 23
	OpFunction          Type = 245
	OpFunctionPre       Type = 246 // of release candidates, which nobody reads any more
)

const (
	// Version is what Seal notes in a footer: Redis 7.0's, so that it and all
	// later ones accept a payload.
	Version = 10
	// VersionTTL is the version of values that have field deadlines.
	VersionTTL = 12
	// Newest is the last version that Open accepts: Redis 7.4's and 8.0's.
	Newest = 12
)

// How TypeListQuicklist2 says what a node is.
const (
	NodePlain  = 1
	NodePacked = 2
)
