package engine

import (
	"math"

	"perigee/engine/bitstring"
)

func bitfieldCommands() []Command {
	get := With("GET", Block("get-block", String("encoding"), Integer("offset")))
	return []Command{{
		Name: "bitfield", Group: GroupBitmap, Since: "3.2.0",
		Summary:    "Reads and writes integers of any width at any bit of a string.",
		Complexity: "O(1) for each operation, plus the distance by which the string grows",
		Args: []Arg{Key("key"), Opt(Many(OneOf("operation", get,
			Block("write",
				Opt(With("OVERFLOW", OneOf("overflow-block", Word("wrap", "WRAP"), Word("sat", "SAT"), Word("fail", "FAIL")))),
				OneOf("write-operation",
					With("SET", Block("set-block", String("encoding"), Integer("offset"), Integer("value"))),
					With("INCRBY", Block("incrby-block", String("encoding"), Integer("offset"), Integer("increment"))))))))},
		Arity: -2, Flags: Write | DenyOOM, Keys: OneKey(1, RW|Access|Update|VariableFlags),
		KeysFunc: bitfieldKeys,
		Run:      bitfield,
	}, {
		Name: "bitfield_ro", Group: GroupBitmap, Since: "6.0.0",
		Summary:    "Reads integers of any width at any bit of a string.",
		Complexity: "O(1) for each operation",
		Args:       []Arg{Key("key"), Opt(repeatToken(Many(get)))},
		Arity:      -2, Flags: ReadOnly | Fast, Keys: OneKey(1, RO|Access),
		Run: bitfieldRO,
	}}
}

// bitfieldKeys tells that BITFIELD only reads when all it is asked for is GET.
func bitfieldKeys(argv [][]byte) ([]KeyRef, error) {
	for i := 2; i < len(argv); {
		switch left := len(argv) - i - 1; {
		case EqualFold(argv[i], "GET") && left >= 2:
			i += 3
		case EqualFold(argv[i], "OVERFLOW") && left >= 1:
			i += 2
		default:
			return []KeyRef{{1, RW | Access | Update}}, nil
		}
	}
	return []KeyRef{{1, RO | Access}}, nil
}

// repeatToken has the token of a repeatable argument come with each.
func repeatToken(a Arg) Arg { a.MultipleToken = true; return a }

// fieldOp is one operation of BITFIELD.
type fieldOp struct {
	kind     fieldOpKind
	field    bitstring.Field
	offset   uint64
	value    int64 // SET's value or INCRBY's increment
	overflow bitstring.Overflow
}

type fieldOpKind uint8

const (
	fieldGet fieldOpKind = iota
	fieldSet
	fieldIncrby
)

// bitfield replies with an element for each operation: what GET read, what was
// there before SET, what INCRBY made of it, or null where OVERFLOW FAIL kept it
// as it was.
func bitfield(ks *Keyspace, args Args, w Reply) error {
	ops, err := ks.fieldOps(args)
	if err != nil {
		return err
	}
	if bytes := bytesWritten(ops); bytes > 0 {
		return ks.editFields(args.Key(0), ops, bytes, w)
	}
	return ks.readFields(args.Key(0), ops, w)
}

func bitfieldRO(ks *Keyspace, args Args, w Reply) error {
	ops, err := ks.fieldOps(args)
	if err != nil {
		return err
	}
	if bytesWritten(ops) > 0 {
		return Errf("BITFIELD_RO only supports the GET subcommand")
	}
	return ks.readFields(args.Key(0), ops, w)
}

// bytesWritten is the length that a string needs for the writes among ops, 0 if
// there are none.
func bytesWritten(ops []fieldOp) int {
	bytes := uint64(0)
	for i := range ops {
		if o := &ops[i]; o.kind != fieldGet {
			bytes = max(bytes, (o.offset+uint64(o.field.Bits)-1)>>3+1)
		}
	}
	return int(bytes)
}

func (ks *Keyspace) readFields(key []byte, ops []fieldOp, w Reply) error {
	value, _, err := ks.String(key)
	if err != nil {
		return err
	}
	w.Array(len(ops))
	for i := range ops {
		w.Int(ops[i].field.Get(value, ops[i].offset))
	}
	return nil
}

// editFields carries out operations some of which write. The string has room
// for all of them from the beginning, even for those that OVERFLOW refuses.
func (ks *Keyspace) editFields(key []byte, ops []fieldOp, bytes int, w Reply) error {
	value, err := ks.stringToEdit(key)
	if err != nil {
		return err
	}
	grown := bytes > len(value)
	if grown {
		ks.SetRange(key, bytes-1, []byte{0})
	}
	w.Array(len(ops))
	changed := false
	for i := range ops {
		o := &ops[i]
		value = stringOf(entry(ks.keys.Find(key)))
		old := o.field.Get(value, o.offset)
		result, ok := o.result(old)
		if o.kind != fieldGet && ok {
			changed = ks.putField(key, value, o.field, o.offset, result) || grown || changed
		}
		switch {
		case !ok:
			w.Null()
		case o.kind == fieldIncrby:
			w.Int(result)
		default:
			w.Int(old)
		}
	}
	if changed {
		ks.notify(EventString, "setbit", key)
	}
	return nil
}

// result is what the operation leaves in a field that holds old, and whether
// OVERFLOW allows it.
func (o *fieldOp) result(old int64) (int64, bool) {
	switch o.kind {
	case fieldSet:
		return o.field.Add(o.value, 0, o.overflow)
	case fieldIncrby:
		return o.field.Add(old, o.value, o.overflow)
	}
	return old, true
}

// fieldOps reads the operations that follow the key.
func (ks *Keyspace) fieldOps(args Args) ([]fieldOp, error) {
	var ops []fieldOp
	overflow := bitstring.Wrap
	for i := 1; i < len(args); {
		o := fieldOp{overflow: overflow}
		words := 3
		switch more := len(args) - i - 1; {
		case args.Is(i, "GET") && more >= 2:
		case args.Is(i, "SET") && more >= 3:
			o.kind, words = fieldSet, 4
		case args.Is(i, "INCRBY") && more >= 3:
			o.kind, words = fieldIncrby, 4
		case args.Is(i, "OVERFLOW") && more >= 1:
			var err error
			if overflow, err = args.overflow(i + 1); err != nil {
				return nil, err
			}
			i += 2
			continue
		default:
			return nil, ErrSyntax
		}
		if err := o.read(ks, args[i+1:i+words]); err != nil {
			return nil, err
		}
		ops = append(ops, o)
		i += words
	}
	return ops, nil
}

func (a Args) overflow(i int) (bitstring.Overflow, error) {
	for policy, word := range []string{bitstring.Wrap: "WRAP", bitstring.Saturate: "SAT", bitstring.Fail: "FAIL"} {
		if a.Is(i, word) {
			return bitstring.Overflow(policy), nil
		}
	}
	return 0, Errf("Invalid OVERFLOW type specified")
}

// read reads type, offset and, for a write, value. An offset after # counts
// fields of the type.
func (o *fieldOp) read(ks *Keyspace, args Args) (err error) {
	var ok bool
	if o.field, ok = readField(args[0]); !ok {
		return Errf("Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
	}
	if len(args[1]) > 0 && args[1][0] == '#' {
		n, ok := ParseInt(args[1][1:])
		if !ok || n < 0 || n > math.MaxInt64/int64(o.field.Bits) || n*int64(o.field.Bits)>>3 >= int64(ks.e.settings.MaxBulkLen) {
			return errBitOffset
		}
		o.offset = uint64(n) * uint64(o.field.Bits)
	} else if o.offset, err = ks.bitOffset(args, 1); err != nil {
		return err
	}
	if o.kind != fieldGet {
		o.value, err = args.Int(2)
	}
	return err
}

// readField reads a type such as i16 or u8.
func readField(b []byte) (bitstring.Field, bool) {
	if len(b) == 0 || b[0] != 'i' && b[0] != 'u' {
		return bitstring.Field{}, false
	}
	f := bitstring.Field{Signed: b[0] == 'i'}
	n, ok := ParseInt(b[1:])
	most := int64(63)
	if f.Signed {
		most = 64
	}
	f.Bits = uint(n)
	return f, ok && n >= 1 && n <= most
}
