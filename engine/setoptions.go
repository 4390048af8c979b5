package engine

import "math"

// setOptions are what may follow key and value of SET, and the key of GETEX.
type setOptions struct {
	nx, xx  bool
	get     bool
	keepTTL bool
	persist bool

	ttl      []byte // nil for none
	seconds  bool   // ttl counts seconds, not milliseconds
	absolute bool   // ttl is a Unix time, not from now
}

// parseSetOptions reads the options of GETEX or, when getex is false, of SET.
// One may be repeated, and then its last value counts; which exclude one
// another is checked here.
func parseSetOptions(args Args, getex bool) (setOptions, error) {
	var o setOptions
	given := ""
	for i := 0; i < len(args); i++ {
		switch {
		case args.Is(i, "NX") && !o.xx && !getex:
			o.nx = true
			continue
		case args.Is(i, "XX") && !o.nx && !getex:
			o.xx = true
			continue
		case args.Is(i, "GET") && !getex:
			o.get = true
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
