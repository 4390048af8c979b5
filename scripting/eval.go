package scripting

import (
	"bytes"
	"container/list"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
)

// script is a cached EVAL script.
type script struct {
	sha    string
	source string
	stats  engine.ScriptStats
	fn     *lua.LFunction
	flags  flags
	recent *list.Element // in the cache's order; nil for scripts that are never evicted

	footprint int64 // bytes of fn
}

// scriptCache keeps compiled scripts by body and by SHA1. Those that arrived
// by EVAL leave when there are too many, least recently used first; those of
// SCRIPT LOAD stay.
type scriptCache struct {
	byBody  map[string]*script
	bySHA   map[string]*script
	recent  *list.List // of *script, most recent first
	latest  *script    // that withBody found, as the next is often the same
	evicted int64
}

func (c *scriptCache) init() {
	c.byBody, c.bySHA, c.recent = map[string]*script{}, map[string]*script{}, list.New()
	c.latest = nil
}

func (c *scriptCache) add(sc *script, evictable bool, limit int) {
	c.byBody[sc.source], c.bySHA[sc.sha] = sc, sc
	if !evictable {
		return
	}
	sc.recent = c.recent.PushFront(sc)
	for limit > 0 && c.recent.Len() > limit {
		old := c.recent.Remove(c.recent.Back()).(*script)
		delete(c.byBody, old.source)
		delete(c.bySHA, old.sha)
		c.latest = nil
		c.evicted++
	}
}

// withBody returns the script of a body, or nil.
func (c *scriptCache) withBody(body []byte) *script {
	if c.latest == nil || c.latest.source != string(body) {
		c.latest = c.byBody[string(body)]
	}
	return c.latest
}

// named returns the script of a SHA1 in hexadecimal of either case, or nil.
func (c *scriptCache) named(sha []byte) *script {
	if sc := c.bySHA[string(sha)]; sc != nil || len(sha) != shaDigits {
		return sc
	}
	return c.bySHA[strings.ToLower(string(sha))]
}

// use notes that a script runs.
func (c *scriptCache) use(sc *script) {
	if sc.recent != nil {
		c.recent.MoveToFront(sc.recent)
	}
}

// keep makes a script one that is never evicted.
func (c *scriptCache) keep(sc *script) {
	if sc.recent != nil {
		c.recent.Remove(sc.recent)
		sc.recent = nil
	}
}

// Commands returns the commands of scripts and functions for the engine's
// table.
func (s *Scripting) Commands() []engine.Command {
	const flags = engine.NoScript | engine.Stale | engine.NoMandatoryKeys | engine.RunsScript
	args := func(first engine.Arg) []engine.Arg {
		return []engine.Arg{first, engine.Integer("numkeys"), engine.Opt(engine.Many(engine.Key("key"))), engine.Opt(engine.Many(engine.String("arg")))}
	}
	keys := engine.NumKeys(2, 3, engine.RW|engine.Access|engine.Update)
	readKeys := engine.NumKeys(2, 3, engine.RO|engine.Access)
	movable := engine.MovableKeys
	return append(append([]engine.Command{{
		Name: "eval", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Executes a server-side Lua script.", Complexity: "Depends on the script that is executed.",
		Args: args(engine.String("script")), Arity: -3, Flags: flags | engine.SkipMonitor | engine.MayReplicate | movable, Keys: keys,
		Needs:     s.bodyNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.evalBody(c, a, w, false) },
	}, {
		Name: "eval_ro", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Executes a read-only server-side Lua script.", Complexity: "Depends on the script that is executed.",
		Args: args(engine.String("script")), Arity: -3, Flags: flags | engine.SkipMonitor | engine.ReadOnly | movable, Keys: readKeys,
		Needs:     s.bodyNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.evalBody(c, a, w, true) },
	}, {
		Name: "evalsha", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Executes a server-side Lua script by SHA1 digest.", Complexity: "Depends on the script that is executed.",
		Args: args(engine.String("sha1")), Arity: -3, Flags: flags | engine.SkipMonitor | engine.MayReplicate | movable, Keys: keys,
		Needs:     s.shaNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.evalSHA(c, a, w, false) },
	}, {
		Name: "evalsha_ro", Group: engine.GroupScripting, Since: "7.0.0",
		Summary: "Executes a read-only server-side Lua script by SHA1 digest.", Complexity: "Depends on the script that is executed.",
		Args: args(engine.String("sha1")), Arity: -3, Flags: flags | engine.SkipMonitor | engine.ReadOnly | movable, Keys: readKeys,
		Needs:     s.shaNeeds,
		RunClient: func(c *engine.Client, a engine.Args, w engine.Reply) error { return s.evalSHA(c, a, w, true) },
	}}, append(s.scriptCommands(), s.explainCommand(), s.profileCommand())...), s.functionCommands()...)
}

var errNoScript = &engine.Error{Code: "NOSCRIPT", Text: "No matching script. Please use EVAL."}

// splitKeys reads numkeys at args[0] and splits what follows.
func splitKeys(args engine.Args) (keys, rest engine.Args, err error) {
	n, ok := engine.ParseInt(args[0])
	switch {
	case !ok:
		return nil, nil, engine.ErrNotInteger
	case n > int64(len(args)-1):
		return nil, nil, engine.Errf("Number of keys can't be greater than number of args")
	case n < 0:
		return nil, nil, engine.Errf("Number of keys can't be negative")
	}
	return args[1 : 1+n], args[1+n:], nil
}

func (s *Scripting) evalBody(c *engine.Client, args engine.Args, w engine.Reply, readOnly bool) error {
	return s.endDebug(c, s.evalSource(c, args, w, readOnly))
}

func (s *Scripting) evalSource(c *engine.Client, args engine.Args, w engine.Reply, readOnly bool) error {
	keys, rest, err := splitKeys(args[1:])
	if err != nil {
		return err
	}
	sc, err := s.load(args[0], true)
	if err != nil {
		return err
	}
	return s.eval(c, sc, keys, rest, readOnly, w)
}

func (s *Scripting) evalSHA(c *engine.Client, args engine.Args, w engine.Reply, readOnly bool) error {
	if len(args[0]) != shaDigits {
		return errNoScript
	}
	keys, rest, err := splitKeys(args[1:])
	if err != nil {
		return err
	}
	sc := s.cache.named(args[0])
	if sc == nil {
		return errNoScript
	}
	return s.eval(c, sc, keys, rest, readOnly, w)
}

// bodyNeeds is what a call of EVAL asks for, as the script's first line tells.
func (s *Scripting) bodyNeeds(argv [][]byte) engine.Flags {
	if !bytes.HasPrefix(argv[1], []byte("#!")) {
		return engine.MayReplicate
	}
	if sc := s.cache.byBody[string(argv[1])]; sc != nil {
		return sc.flags.needs()
	}
	line, _, _ := bytes.Cut(argv[1], []byte("\n"))
	f, _, err := parseShebang(string(line) + "\n")
	if err != nil {
		return 0 // running it says why
	}
	return f.needs()
}

func (s *Scripting) shaNeeds(argv [][]byte) engine.Flags {
	if sc := s.cache.named(argv[1]); sc != nil {
		return sc.flags.needs()
	}
	return 0
}

// load returns the compiled script of a body, from the cache where it is.
func (s *Scripting) load(body []byte, evictable bool) (*script, error) {
	if sc := s.cache.withBody(body); sc != nil {
		return sc, nil
	}
	source := string(body)
	if limit := s.e.Settings().ScriptSource; limit > 0 && len(source) > limit {
		return nil, engine.Errf("Error compiling script (new function): user_script:1: script of " + itoa(len(source)) + " bytes is longer than script-max-source " + itoa(limit))
	}
	f, blanked, err := parseShebang(source)
	if err != nil {
		return nil, err
	}
	compiled, err := compile("user_script", blanked, s.m.ofEval)
	if err != nil {
		return nil, engine.Errf("Error compiling script (new function): " + oneLine(err))
	}
	sha := sha1Hex(source)
	sc := &script{sha: sha, source: source, flags: f, fn: s.m.function(compiled, s.m.eval), stats: newStats(engine.KindScript, sha, "")}
	sc.footprint = footprint(sc.fn.Proto)
	s.cache.add(sc, evictable, s.e.Settings().ScriptCache)
	return sc, nil
}

func oneLine(err error) string { return spacedLines.Replace(err.Error()) }

// spacedLines makes the lines of a text one.
var spacedLines = strings.NewReplacer("\r", " ", "\n", " ")

// eval runs a script and replies with its value.
func (s *Scripting) eval(c *engine.Client, sc *script, keys, args engine.Args, readOnly bool, w engine.Reply) error {
	s.cache.use(sc)
	if d := s.debugs(c); d != nil {
		return d.startEval(sc, keys, args, readOnly)
	}
	r, err := s.begin(c, runEval, &sc.stats, sc.flags, readOnly)
	if err != nil {
		return err
	}
	if r.outer == nil {
		s.m.tables.nextScript()
	}
	s.m.arguments(keys, args)
	value, err := s.execute(r, sc.fn, s.undoes(sc.flags))
	if err != nil {
		return err
	}
	return s.reply(w, value, r.resp3)
}

// reply answers with a script's value; an error value is the command's error,
// so that it is counted.
func (s *Scripting) reply(w engine.Reply, value lua.LValue, resp3 bool) error {
	if t, ok := value.(*lua.LTable); ok {
		t = s.m.reader(t)
		if text, ok := t.RawGetString("err").(lua.LString); ok {
			if isCounted(t) {
				s.e.CountedBefore()
			}
			return replyOf(cText(string(text)))
		}
	}
	s.m.write(w, value, resp3, s.within)
	return nil
}

// stringTable makes the Lua array of arguments, which it copies.
func (s *Scripting) stringTable(args engine.Args) *lua.LTable {
	t := s.m.newTable(len(args), 0)
	for i, a := range args {
		t.RawSetInt(i+1, s.m.texts.of(a))
	}
	return t
}

// arguments gives the next EVAL script its KEYS and ARGV.
func (m *machine) arguments(keys, argv engine.Args) {
	resetTable(m.keys)
	resetTable(m.argv)
	m.fill(m.keys, keys)
	m.fill(m.argv, argv)
}

func (m *machine) fill(t *lua.LTable, args engine.Args) {
	for i, a := range args {
		t.RawSetInt(i+1, m.texts.fresh(a))
	}
}

func (s *Scripting) scriptCommands() []engine.Command {
	const flags = engine.NoScript
	return []engine.Command{{
		Name: "script", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "A container for Lua scripts management commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "script|debug", Group: engine.GroupScripting, Since: "3.2.0",
		Summary: "Sets the debug mode of server-side Lua scripts.", Complexity: "O(1)",
		Args:  []engine.Arg{engine.OneOf("mode", engine.Word("yes", "YES"), engine.Word("sync", "SYNC"), engine.Word("no", "NO"))},
		Arity: 3, Flags: flags, RunClient: s.scriptDebug,
	}, {
		Name: "script|exists", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Determines whether server-side Lua scripts exist in the script cache.", Complexity: "O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).",
		Args: []engine.Arg{engine.Many(engine.String("sha1"))}, Arity: -3, Flags: flags, Tips: []string{"request_policy:all_shards", "response_policy:agg_logical_and"},
		Run: s.scriptExists,
	}, {
		Name: "script|flush", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Removes all server-side Lua scripts from the script cache.", Complexity: "O(N) with N being the number of scripts in cache",
		Args:  []engine.Arg{engine.AddedIn("6.2.0", engine.Opt(engine.OneOf("flush-type", engine.Word("async", "ASYNC"), engine.Word("sync", "SYNC"))))},
		Arity: -2, Flags: flags, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Run: s.scriptFlush,
	}, {
		Name: "script|help", Group: engine.GroupScripting, Since: "5.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)", Arity: 2, Flags: engine.Loading | engine.Stale,
		Run: engine.Help("SCRIPT", []string{
			"DEBUG (YES|SYNC|NO)", "    Set the debug mode for subsequent scripts executed.",
			"EXISTS <sha1> [<sha1> ...]", "    Return information about the existence of the scripts in the script cache.",
			"EXPLAIN <command> [<arg> ...]", "    Run EVAL, EVALSHA, FCALL or a module's command for trial: show what it replies, calls, reads and writes, and undo it.",
			"FLUSH [ASYNC|SYNC]", "    Flush the Lua scripts cache. Very dangerous on replicas.",
			"    When called without the optional mode argument, the behavior is determined by the",
			"    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
			"    * ASYNC: Asynchronously flush the scripts cache.", "    * SYNC: Synchronously flush the scripts cache.",
			"KILL", "    Kill the currently executing Lua script.", "    What it wrote is undone.",
			"LIST [STATS]", "    List scripts, functions and commands of modules, with what their runs came to.",
			"LOAD <script>", "    Load a script into the scripts cache without executing it.",
			"PROFILE START [EVERY <microseconds>] [FILTER <sha1|function|command>]", "    Sample the lines, library functions and commands that scripts spend their time on, as often as given (100).",
			"PROFILE STOP|GET|RESET", "    End the profile, show its stacks with their weights in nanoseconds, or forget them.",
			"SHOW <sha1>", "    Show the source of a script in the scripts cache.",
			"STATS <sha1|function|command>", "    Return what the runs of a script, a function or a command of a module came to.",
		}),
	}, {
		Name: "script|kill", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Terminates a server-side Lua script during execution.", Complexity: "O(1)", Arity: 2, Flags: flags | engine.AllowBusy,
		Tips: []string{"request_policy:all_shards", "response_policy:one_succeeded"},
		Run:  func(_ *engine.Keyspace, _ engine.Args, w engine.Reply) error { return s.killAnd(true, w) },
	}, {
		Name: "script|list", Group: engine.GroupScripting, Since: "perigee 0.1",
		Summary: "Lists scripts, functions and commands of modules.", Complexity: "O(N*log(N)) with N being the number of scripts, functions and commands of modules",
		Args: []engine.Arg{engine.Opt(engine.Word("stats", "STATS"))}, Arity: -2, Flags: statsFlags, Tips: statsTips,
		Run: s.scriptList,
	}, {
		Name: "script|load", Group: engine.GroupScripting, Since: "2.6.0",
		Summary: "Loads a server-side Lua script to the script cache.", Complexity: "O(N) with N being the length in bytes of the script body.",
		Args: []engine.Arg{engine.String("script")}, Arity: 3, Flags: flags | engine.Stale, Tips: []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		Run: func(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
			sc, err := s.load(args[0], false)
			if err != nil {
				return err
			}
			s.cache.keep(sc)
			w.BulkString(sc.sha)
			return nil
		},
	}, {
		Name: "script|show", Group: engine.GroupScripting, Since: "perigee 0.1",
		Summary: "Returns the source of a script in the script cache.", Complexity: "O(1)",
		Args: []engine.Arg{engine.String("sha1")}, Arity: 3, Flags: flags,
		Run: func(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
			sc := s.cache.named(args[0])
			if sc == nil {
				return errNoScript
			}
			w.BulkString(sc.source)
			return nil
		},
	}, {
		Name: "script|stats", Group: engine.GroupScripting, Since: "perigee 0.1",
		Summary: "Returns what the runs of a script, a function or a command of a module came to.", Complexity: "O(1)",
		Args: []engine.Arg{engine.String("name")}, Arity: 3, Flags: statsFlags, Tips: statsTips,
		Run: s.scriptStats,
	}}
}

func (s *Scripting) killAnd(eval bool, w engine.Reply) error {
	if err := s.kill(eval); err != nil {
		return err
	}
	w.Status("OK")
	return nil
}

func (s *Scripting) scriptExists(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	w.Array(len(args))
	for _, sha := range args {
		n := int64(0)
		if s.cache.named(sha) != nil {
			n = 1
		}
		w.Int(n)
	}
	return nil
}

// flushMode checks the one optional argument of the FLUSH subcommands.
func flushMode(args engine.Args, complaint string) error {
	if len(args) > 1 || len(args) == 1 && !args.Is(0, "SYNC") && !args.Is(0, "ASYNC") {
		return engine.Errf(complaint)
	}
	return nil
}

func (s *Scripting) scriptFlush(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	if err := flushMode(args, "SCRIPT FLUSH only support SYNC|ASYNC option"); err != nil {
		return err
	}
	s.cache.init()
	w.Status("OK")
	return nil
}
