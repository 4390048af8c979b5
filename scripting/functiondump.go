package scripting

import (
	"strings"

	"perigee/engine"
	"perigee/engine/rdb"
)

// functionDump replies with all libraries but those of modules, as a payload
// that FUNCTION RESTORE takes, here and in Redis 7: for each an opcode and its
// source, then the footer of DUMP.
func (s *Scripting) functionDump(_ *engine.Keyspace, _ engine.Args, w engine.Reply) error {
	var b []byte
	for _, lib := range s.library.sorted() {
		if !lib.module {
			b = rdb.AppendString(append(b, byte(rdb.OpFunction)), []byte(lib.source))
		}
	}
	w.Bulk(rdb.Seal(b, rdb.Version))
	return nil
}

// restorePolicy says what becomes of the libraries that are there.
type restorePolicy uint8

const (
	restoreAppend  restorePolicy = iota // they stay; one of the same name is an error
	restoreReplace                      // those of the same name go
	restoreFlush                        // all go
)

func parseRestorePolicy(c *engine.Client, args engine.Args) (restorePolicy, error) {
	switch {
	case len(args) > 1:
		return 0, errSubcommand(c)
	case len(args) == 0, args.Is(0, "APPEND"):
		return restoreAppend, nil
	case args.Is(0, "REPLACE"):
		return restoreReplace, nil
	case args.Is(0, "FLUSH"):
		return restoreFlush, nil
	}
	return 0, engine.Errf("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
}

// functionRestore loads the libraries of a payload, all or none.
func (s *Scripting) functionRestore(c *engine.Client, args engine.Args, w engine.Reply) error {
	policy, err := parseRestorePolicy(c, args[1:])
	if err != nil {
		return err
	}
	body, ok := rdb.Open(args[0])
	if !ok {
		return engine.Errf("DUMP payload version or checksum are wrong")
	}
	loaded, err := s.readLibraries(body)
	if err != nil {
		return err
	}
	if err := s.mayJoin(loaded, policy); err != nil {
		return err
	}
	s.changing()
	for _, old := range s.library.sorted() {
		if policy == restoreFlush && !old.module {
			s.library.remove(old)
			s.e.PutSystem(recordPrefix+old.name, nil)
		}
	}
	for _, lib := range loaded.sorted() {
		s.install(lib)
		s.e.PutSystem(recordPrefix+lib.name, []byte(lib.source))
	}
	w.Status("OK")
	return nil
}

// readLibraries compiles the libraries of a payload without its footer, and
// runs their bodies.
func (s *Scripting) readLibraries(body []byte) (*libraries, error) {
	loaded := &libraries{}
	loaded.init()
	r := rdb.NewReader(body, s.e.Settings().MaxBulkLen)
	for r.Rest() > 0 {
		switch rdb.Type(r.Byte()) {
		case rdb.OpFunction:
		case rdb.OpFunctionPre:
			return nil, engine.Errf("Pre-GA function format not supported")
		default:
			return nil, engine.Errf("given type is not a function")
		}
		source := r.String()
		if !r.OK() {
			return nil, engine.Errf("Failed loading library payload")
		}
		lib, err := s.loadLibrary(string(source))
		if err != nil {
			return nil, err
		}
		if loaded.byName[lib.name] != nil {
			return nil, engine.Errf("Library '" + lib.name + "' already exists")
		}
		if f := loaded.shared(lib); f != "" {
			return nil, engine.Errf("Function " + f + " already exists")
		}
		loaded.add(lib)
	}
	return loaded, nil
}

// shared is the name of a function of lib that one of these libraries has,
// too; empty if there is none.
func (l *libraries) shared(lib *library) string {
	for _, f := range lib.functions {
		if l.functions[strings.ToLower(f.name)] != nil {
			return f.name
		}
	}
	return ""
}

// mayJoin tells whether libraries collide with those that stay.
func (s *Scripting) mayJoin(loaded *libraries, policy restorePolicy) error {
	stay := &libraries{}
	stay.init()
	for _, old := range s.library.sorted() {
		same := loaded.byName[old.name] != nil
		if same && (old.module || policy == restoreAppend) {
			return engine.Errf("Library " + old.name + " already exists")
		}
		if old.module || policy != restoreFlush && !same {
			stay.add(old)
		}
	}
	for _, lib := range loaded.sorted() {
		if f := stay.shared(lib); f != "" {
			return engine.Errf("Function " + f + " already exists")
		}
	}
	return nil
}
