package engine

import "math"

// setOptions are what may follow key and value of SET, the key of GETEX, and
// the keys and values of MSETEX.
type setOptions struct {
	nx, xx  bool
	match   valueCondition
	get     bool
	keepTTL bool
	persist bool

	ttl      []byte // nil for none
	seconds  bool   // ttl counts seconds, not milliseconds
	absolute bool   // ttl is a Unix time, not from now
}

// parseSetOptions reads the options of SET. One may be repeated, and then its
// last value counts; which exclude one another is checked here.
func parseSetOptions(args Args) (setOptions, error) {
	return parseOptions(args, false, func(o *setOptions, i int) (last int, ok bool, err error) {
		switch {
		case args.Is(i, "GET"):
			o.get = true
			return i, true, nil
		case i+1 < len(args) && !o.nx && !o.xx && !o.match.given && o.match.is(args[i]):
			return i + 1, true, o.match.read(args[i], args[i+1])
		case o.match.given:
			return i, false, nil
		}
		return i, o.existence(args, i), nil
	})
}

// parseGetexOptions reads the options of GETEX.
func parseGetexOptions(args Args) (setOptions, error) {
	return parseOptions(args, true, func(_ *setOptions, i int) (int, bool, error) { return i, false, nil })
}

// existence takes NX or XX at i, which exclude each other.
func (o *setOptions) existence(args Args, i int) bool {
	switch {
	case args.Is(i, "NX") && !o.xx:
		o.nx = true
	case args.Is(i, "XX") && !o.nx:
		o.xx = true
	default:
		return false
	}
	return true
}

// parseOptions reads options about the deadline, and those that own knows: it
// returns the index of the option's last argument and whether it is one.
func parseOptions(args Args, getex bool, own func(o *setOptions, i int) (last int, ok bool, err error)) (setOptions, error) {
	var o setOptions
	given := ""
	for i := 0; i < len(args); i++ {
		last, ok, err := own(&o, i)
		if err != nil {
			return o, err
		}
		if ok {
			i = last
			continue
		}
		name := lifetimeOption(args[i], getex)
		if name == "" || given != "" && given != name {
			return o, ErrSyntax
		}
		given = name
		switch name {
		case "KEEPTTL":
			o.keepTTL = true
			continue
		case "PERSIST":
			o.persist = true
			continue
		}
		if i++; i == len(args) {
			return o, ErrSyntax
		}
		o.ttl, o.seconds, o.absolute = args[i], name[0] == 'E', len(name) == 4
	}
	return o, nil
}

// lifetimeOption returns the name of an option about the deadline, of which a
// command may have only one, or "".
func lifetimeOption(arg []byte, getex bool) string {
	for _, name := range [...]string{"EX", "PX", "EXAT", "PXAT"} {
		if EqualFold(arg, name) {
			return name
		}
	}
	if !getex && EqualFold(arg, "KEEPTTL") {
		return "KEEPTTL"
	}
	if getex && EqualFold(arg, "PERSIST") {
		return "PERSIST"
	}
	return ""
}

// deadline returns the deadline that the options ask for in Unix
// milliseconds, 0 when they ask for none. name is the command's, for errors.
func (o *setOptions) deadline(ks *Keyspace, name string) (int64, error) {
	if o.ttl == nil {
		return 0, nil
	}
	n, ok := ParseInt(o.ttl)
	if !ok {
		return 0, ErrNotInteger
	}
	if n <= 0 || o.seconds && n > math.MaxInt64/1000 {
		return 0, errExpireTime(name)
	}
	if o.seconds {
		n *= 1000
	}
	if o.absolute {
		return n, nil
	}
	if n > math.MaxInt64-ks.Now() {
		return 0, errExpireTime(name)
	}
	return n + ks.Now(), nil
}

func errExpireTime(name string) *Error {
	return Errf("invalid expire time in '" + name + "' command")
}
