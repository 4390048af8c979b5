package scripting

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
	"perigee/engine/glob"
)

// function is one callback of a library.
type function struct {
	name        string
	description *string // nil if none was given
	flags       flags
	fn          *lua.LFunction
	footprint   int64 // bytes of fn
	library     *library
	stats       engine.ScriptStats
}

// library is a loaded function library, or the functions of a module.
type library struct {
	name      string
	source    string
	functions []*function // by name
	module    bool        // belongs to a module: no FUNCTION subcommand changes it
	commands  []*moduleCommand
	owner     *Module // that module
	env       *environment
	limits    engine.ScriptLimits
	broken    error // why it has no functions although it is stored, or nil
}

// libraries is every library and function. Function names are looked up
// without regard to case, as commands are.
type libraries struct {
	byName    map[string]*library
	functions map[string]*function // by lower-case name
	loading   *loading             // the library that registers functions now
	globals   *lua.LTable          // what the body of a library sees
}

// loading is a library while its body runs.
type loading struct {
	library *library
	module  *Module // what perigee.command adds to, nil for FUNCTION LOAD
	trial   bool    // it only shows whether the body is allowed to do what it does
}

func (l *libraries) init() {
	l.byName, l.functions = map[string]*library{}, map[string]*function{}
}

func (l *libraries) add(lib *library) {
	l.byName[lib.name] = lib
	for _, f := range lib.functions {
		l.functions[strings.ToLower(f.name)] = f
	}
}

func (l *libraries) remove(lib *library) {
	delete(l.byName, lib.name)
	for _, f := range lib.functions {
		delete(l.functions, strings.ToLower(f.name))
	}
}

// function returns a function by its name in any case, or nil.
func (l *libraries) function(name []byte) *function {
	if f := l.functions[string(name)]; f != nil {
		return f
	}
	return l.functions[strings.ToLower(string(name))]
}

// command returns a module's command by its name in any case, or nil.
func (l *libraries) command(name []byte) *moduleCommand {
	for _, lib := range l.byName {
		for _, c := range lib.commands {
			if engine.EqualFold(name, strings.ToUpper(c.name)) {
				return c
			}
		}
	}
	return nil
}

// sorted is every library by name.
func (l *libraries) sorted() []*library {
	var all []*library
	for _, lib := range l.byName {
		all = append(all, lib)
	}
	slices.SortFunc(all, func(a, b *library) int { return strings.Compare(a.name, b.name) })
	return all
}

var (
	errBadName  = engine.Errf("Library names can only contain letters, numbers, or underscores(_) and must be at least one character long")
	errNoMeta   = engine.Errf("Missing library metadata")
	errBadMeta  = engine.Errf("Invalid library metadata")
	errNoName   = engine.Errf("Library name was not given")
	errTwoNames = engine.Errf("Invalid metadata value, name argument was given multiple times")
)

// errSubcommand complains about the number of a FUNCTION subcommand's arguments.
func errSubcommand(c *engine.Client) error {
	return engine.Errf("unknown subcommand or wrong number of arguments for '" + string(c.Argv()[1]) + "'. Try FUNCTION HELP.")
}

// validName tells whether a library or function may be called that.
func validName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return name != ""
}

// parseMeta reads a library's first line, "#!lua name=…", with the limits that
// all its functions have, and returns also the source with that line blanked.
func parseMeta(source string) (lib *library, blanked string, err error) {
	lib = &library{source: source}
	if !strings.HasPrefix(source, "#!") {
		return nil, "", errNoMeta
	}
	line, words, ok := shebangWords(source)
	if !ok || len(words) == 0 {
		return nil, "", errBadMeta
	}
	named := false
	for _, w := range words[1:] {
		if known, err := setLimit(&lib.limits, w); err != nil {
			return nil, "", err
		} else if known {
			continue
		}
		value, ok := cutOption(w, "name=")
		if !ok {
			return nil, "", engine.Errf("Invalid metadata value given: " + w)
		}
		if named {
			return nil, "", errTwoNames
		}
		lib.name, named = value, true
	}
	if !named {
		return nil, "", errNoName
	}
	if !validName(lib.name) {
		return nil, "", errBadName
	}
	if kind := strings.TrimPrefix(words[0], "#!"); !strings.EqualFold(kind, "lua") {
		return nil, "", engine.Errf("Engine '" + kind + "' not found")
	}
	return lib, source[len(line):], nil
}

// collide says whether a function's name belongs to another library.
func (s *Scripting) collide(lib *library) error {
	for _, f := range lib.functions {
		if other := s.library.functions[strings.ToLower(f.name)]; other != nil && other.library.name != lib.name {
			return engine.Errf("Function " + f.name + " already exists")
		}
	}
	return nil
}

// install puts a library in the place of the one of its name.
func (s *Scripting) install(lib *library) {
	if old := s.library.byName[lib.name]; old != nil {
		s.library.remove(old)
	}
	s.library.add(lib)
}

// changing comes before any change of libraries by a command: if that is rolled
// back, they are as they were, as their records are.
func (s *Scripting) changing() {
	byName, functions := maps.Clone(s.library.byName), maps.Clone(s.library.functions)
	s.e.OnUndo(func() { s.library.byName, s.library.functions = byName, functions })
}

// recordPrefix begins the names of the system records that hold libraries.
const recordPrefix = "function/"

// loadStored loads the libraries that recovery brought back. One that no
// longer loads, as another version had stored it, is kept without functions:
// the data can be served without it, and its source must not be lost.
func (s *Scripting) loadStored() {
	names := s.e.SystemNames()
	slices.Sort(names)
	for _, n := range names {
		if !strings.HasPrefix(n, recordPrefix) {
			continue
		}
		source, _ := s.e.System(n)
		lib, err := s.loadUnder(storedMonitor, string(source))
		if err == nil {
			err = s.collide(lib)
		}
		if err != nil {
			lib = &library{name: strings.TrimPrefix(n, recordPrefix), source: string(source), broken: err}
			s.log.Error("A function library does not load. It is kept, but its functions are not found. "+
				"FUNCTION LIST WITHCODE shows its source, FUNCTION LOAD REPLACE mends it, FUNCTION DELETE removes it.",
				"library", lib.name, "error", err.Error())
		}
		s.install(lib)
	}
}

// errNoFunction is the error of a call of a function that there is not; it
// tells of libraries that may have it.
func (s *Scripting) errNoFunction() error {
	text := "Function not found"
	for _, lib := range s.library.sorted() {
		if lib.broken != nil {
			text += "; library '" + lib.name + "' does not load: " + strings.TrimPrefix(lib.broken.Error(), "ERR ")
		}
	}
	return engine.Errf(text)
}

func (s *Scripting) functionCommands() []engine.Command {
	const flags = engine.NoScript
	args := []engine.Arg{engine.String("function"), engine.Integer("numkeys"), engine.Opt(engine.Many(engine.Key("key"))), engine.Opt(engine.Many(engine.String("arg")))}
	flushType := engine.Opt(engine.OneOf("flush-type", engine.Word("async", "ASYNC"), engine.Word("sync", "SYNC")))
	return []engine.Command{{
		Name: "fcall", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Invokes a function.", Complexity: "Depends on the function that is executed.",
		Args: args, Arity: -3, Flags: flags | engine.Stale | engine.NoMandatoryKeys | engine.RunsScript | engine.SkipMonitor | engine.MayReplicate | engine.MovableKeys, Keys: engine.NumKeys(2, 3, engine.RW|engine.Access|engine.Update),
		Needs:     s.functionNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.fcall(c, a, w, false) },
	}, {
		Name: "fcall_ro", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Invokes a read-only function.", Complexity: "Depends on the function that is executed.",
		Args: args, Arity: -3, Flags: flags | engine.Stale | engine.NoMandatoryKeys | engine.RunsScript | engine.SkipMonitor | engine.ReadOnly | engine.MovableKeys, Keys: engine.NumKeys(2, 3, engine.RO|engine.Access),
		Needs:     s.functionNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.fcall(c, a, w, true) },
	}, {
		Name: "function", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "A container for function commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "function|delete", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Deletes a library and its functions.", Complexity: "O(1)",
		Args: []engine.Arg{engine.String("library-name")}, Arity: 3, Flags: flags | engine.Write, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Run: s.functionDelete,
	}, {
		Name: "function|dump", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Returns all libraries in a serialized form.", Complexity: "O(N) where N is the number of functions",
		Arity: 2, Flags: flags,
		Run: s.functionDump,
	}, {
		Name: "function|flush", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Deletes all libraries and functions.", Complexity: "O(N) where N is the number of functions deleted",
		Args: []engine.Arg{flushType}, Arity: -2, Flags: flags | engine.Write, Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		RunClient: s.functionFlush,
	}, {
		Name: "function|help", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)", Arity: 2, Flags: engine.Loading | engine.Stale,
		Run: engine.Help("FUNCTION", []string{
			"LOAD [REPLACE] <FUNCTION CODE>", "    Create a new library with the given library name and code.",
			"DELETE <LIBRARY NAME>", "    Delete the given library.",
			"LIST [LIBRARYNAME PATTERN] [WITHCODE]", "    Return general information on all the libraries:",
			"    * Library name", "    * The engine used to run the Library", "    * Library description", "    * Functions list", "    * Library code (if WITHCODE is given)",
			"    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
			"STATS", "    Return information about the current function running:",
			"    * Function name", "    * Command used to run the function", "    * Duration in MS that the function is running", "    If no function is running, return nil", "    In addition, returns a list of available engines.",
			"KILL", "    Kill the current running function.", "    What it wrote is undone.",
			"FLUSH [ASYNC|SYNC]", "    Delete all the libraries.",
			"    When called without the optional mode argument, the behavior is determined by the",
			"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
			"    * ASYNC: Asynchronously flush the libraries.", "    * SYNC: Synchronously flush the libraries.",
			"DUMP", "    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command",
			"RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]", "    Restore the libraries represented by the given payload, it is possible to give a restore policy to",
			"    control how to handle existing libraries (default APPEND):",
			"    * FLUSH: delete all existing libraries.",
			"    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
			"    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old",
			"      libraries with the new libraries (notice that even on this option there is a chance of failure",
			"      in case of functions name collision with another library).",
		}),
	}, {
		Name: "function|kill", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Terminates a function during execution.", Complexity: "O(1)", Arity: 2, Flags: flags | engine.AllowBusy,
		Tips: []string{"request_policy:all_shards", "response_policy:one_succeeded"},
		Run:  func(_ *engine.Keyspace, _ engine.Args, w engine.Reply) error { return s.killAnd(false, w) },
	}, {
		Name: "function|list", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Returns information about all libraries.", Complexity: "O(N) where N is the number of functions",
		Args:  []engine.Arg{engine.Opt(engine.With("LIBRARYNAME", engine.String("library-name-pattern"))), engine.Opt(engine.Word("withcode", "WITHCODE"))},
		Arity: -2, Flags: flags, Tips: []string{"nondeterministic_output_order"},
		Run: s.functionList,
	}, {
		Name: "function|load", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Creates a library.", Complexity: "O(1) (considering compilation time is redundant)",
		Args: []engine.Arg{engine.Opt(engine.Word("replace", "REPLACE")), engine.String("function-code")}, Arity: -3, Flags: flags | engine.Write | engine.DenyOOM,
		Tips: []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		Run:  s.functionLoad,
	}, {
		Name: "function|restore", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Loads the libraries of a serialized form.", Complexity: "O(N) where N is the number of functions on the payload",
		Args:  []engine.Arg{engine.String("serialized-value"), engine.Opt(engine.OneOf("policy", engine.Word("flush", "FLUSH"), engine.Word("append", "APPEND"), engine.Word("replace", "REPLACE")))},
		Arity: -3, Flags: flags | engine.Write | engine.DenyOOM,
		Tips:      []string{"request_policy:all_shards", "response_policy:all_succeeded"},
		RunClient: s.functionRestore,
	}, {
		Name: "function|stats", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Returns information about a function during execution.", Complexity: "O(1)", Arity: 2, Flags: flags | engine.AllowBusy,
		Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
		Run:  s.functionStats,
	}}
}

func (s *Scripting) functionNeeds(argv [][]byte) engine.Flags {
	if f := s.library.function(argv[1]); f != nil {
		return f.flags.needs()
	}
	return 0
}

func (s *Scripting) fcall(c *engine.Client, args engine.Args, w engine.Reply, readOnly bool) error {
	return s.endDebug(c, s.callFunction(c, args, w, readOnly))
}

func (s *Scripting) callFunction(c *engine.Client, args engine.Args, w engine.Reply, readOnly bool) error {
	f := s.library.function(args[0])
	if f == nil {
		return s.errNoFunction()
	}
	if _, ok := engine.ParseInt(args[1]); !ok {
		return engine.Errf("Bad number of keys provided")
	}
	keys, rest, err := splitKeys(args[1:])
	if err != nil {
		return err
	}
	if d := s.debugs(c); d != nil {
		return d.startFunction(f, keys, rest, readOnly)
	}
	r, err := s.begin(c, runFunction, &f.stats, f.flags, readOnly)
	if err != nil {
		return err
	}
	value, err := s.execute(r, f.fn, s.undoes(f.flags), s.stringTable(keys), s.stringTable(rest))
	if err != nil {
		return err
	}
	return s.reply(w, value, r.resp3)
}

func (s *Scripting) functionLoad(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	replace := false
	for ; len(args) > 1; args = args[1:] {
		if !args.Is(0, "REPLACE") {
			return engine.Errf("Unknown option given: " + string(args[0]))
		}
		replace = true
	}
	lib, blanked, err := parseMeta(string(args[0]))
	if err != nil {
		return err
	}
	// Its body does not run if there is one already.
	if old := s.library.byName[lib.name]; old != nil && (!replace || old.module) {
		return engine.Errf("Library '" + lib.name + "' already exists")
	}
	if err := s.loadBody(lib, blanked, s.loadMonitor); err != nil {
		return err
	}
	if err := s.collide(lib); err != nil {
		return err
	}
	s.changing()
	s.install(lib)
	s.e.PutSystem(recordPrefix+lib.name, []byte(lib.source))
	w.BulkString(lib.name)
	return nil
}

func (s *Scripting) functionDelete(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	lib := s.library.byName[string(args[0])]
	if lib == nil {
		return engine.Errf("Library not found")
	}
	if lib.module {
		return engine.Errf("Library '" + lib.name + "' belongs to a module")
	}
	s.changing()
	s.library.remove(lib)
	s.e.PutSystem(recordPrefix+lib.name, nil)
	w.Status("OK")
	return nil
}

func (s *Scripting) functionFlush(c *engine.Client, args engine.Args, w engine.Reply) error {
	if len(args) > 1 {
		return errSubcommand(c)
	}
	if err := flushMode(args, "FUNCTION FLUSH only supports SYNC|ASYNC option"); err != nil {
		return err
	}
	s.changing()
	for _, lib := range s.library.sorted() {
		if !lib.module {
			s.library.remove(lib)
			s.e.PutSystem(recordPrefix+lib.name, nil)
		}
	}
	w.Status("OK")
	return nil
}

func (s *Scripting) functionList(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	var pattern []byte
	withCode := false
	for i := 0; i < len(args); i++ {
		switch {
		case args.Is(i, "WITHCODE") && !withCode:
			withCode = true
		case args.Is(i, "LIBRARYNAME") && pattern == nil:
			if i++; i == len(args) {
				return engine.Errf("library name argument was not given")
			}
			pattern = args[i]
		default:
			return engine.Errf("Unknown argument " + string(args[i]))
		}
	}
	var shown []*library
	for _, lib := range s.library.sorted() {
		if lib.module && len(lib.functions) == 0 {
			continue // a module that brings commands only
		}
		if pattern == nil || glob.Match(pattern, []byte(lib.name), true) {
			shown = append(shown, lib)
		}
	}
	w.Array(len(shown))
	for _, lib := range shown {
		lib.write(w, withCode)
	}
	return nil
}

func (lib *library) write(w engine.Reply, withCode bool) {
	n := 3
	if withCode {
		n++
	}
	w.Map(n)
	w.BulkString("library_name")
	w.BulkString(lib.name)
	w.BulkString("engine")
	w.BulkString("LUA")
	w.BulkString("functions")
	w.Array(len(lib.functions))
	for _, f := range lib.functions {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(f.name)
		w.BulkString("description")
		if f.description == nil {
			w.Null()
		} else {
			w.BulkString(*f.description)
		}
		w.BulkString("flags")
		names := f.flags.names()
		w.Set(len(names))
		for _, n := range names {
			w.Status(n)
		}
	}
	if withCode {
		w.BulkString("library_code")
		w.BulkString(lib.source)
	}
}

func (s *Scripting) functionStats(_ *engine.Keyspace, _ engine.Args, w engine.Reply) error {
	o := s.outermost()
	if o != nil && o.kind == runEval {
		return s.Busy()
	}
	w.Map(2)
	w.BulkString("running_script")
	if o == nil {
		w.Null()
	} else {
		w.Map(3)
		w.BulkString("name")
		w.BulkString(o.name)
		w.BulkString("command")
		argv := o.caller.Argv()
		w.Array(len(argv))
		for _, a := range argv {
			w.Bulk(a)
		}
		w.BulkString("duration_ms")
		w.Int((s.clock() - s.started).Milliseconds())
	}
	w.BulkString("engines")
	w.Map(1)
	w.BulkString("LUA")
	w.Map(2)
	w.BulkString("libraries_count")
	w.Int(int64(len(s.library.byName)))
	w.BulkString("functions_count")
	w.Int(int64(len(s.library.functions)))
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }
