package scripting

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine"
	"perigee/engine/acl"
)

// moduleCommand is a command that a module declared.
type moduleCommand struct {
	s        *Scripting
	name     string
	owner    *Module
	params   []param // nil: the handler gets the arguments as they are
	handler  *lua.LFunction
	readOnly bool
	limits   engine.ScriptLimits
	stats    engine.ScriptStats
}

// param is one typed argument of a module's command.
type param struct {
	name     string
	kind     string // key, string, integer, double, pattern, unix-time
	token    string // the word before it, for an option
	optional bool
	multiple bool
	fallback lua.LValue // what an absent optional one is
	min, max float64
	bounded  bool
}

var paramTypes = map[string]engine.ArgType{
	"key": engine.ArgKey, "string": engine.ArgString, "integer": engine.ArgInteger, "double": engine.ArgDouble,
	"pattern": engine.ArgPattern, "flag": engine.ArgToken,
}

// declareCommand is perigee.command{name=, summary=, args=|arity=, flags=,
// categories=, keys=, complexity=, handler=}.
func (s *Scripting) declareCommand(L *lua.LState) int {
	l := s.library.loading
	if l == nil || l.module == nil {
		raise(L, "perigee.command can only be called while a module loads")
	}
	t, ok := L.Get(1).(*lua.LTable)
	if !ok || L.GetTop() != 1 {
		raise(L, "perigee.command needs one table")
	}
	d := declaration{L: L, t: t}
	c, mc := d.command()
	mc.s, mc.owner, mc.limits = s, l.module, l.library.limits
	mc.stats = newStats(engine.KindCommand, mc.name, mc.owner.Name)
	c.Module, c.RunClient = l.module.Name, mc.run
	if s.debug == nil && s.e.HasCommand(c.Name) || slices.ContainsFunc(l.module.Commands, func(o engine.Command) bool { return o.Name == c.Name }) {
		raise(L, "perigee.command: command '%s' exists already", c.Name)
	}
	l.module.Commands, l.library.commands = append(l.module.Commands, c), append(l.library.commands, mc)
	return 0
}

// declaration reads the table that perigee.command is given.
type declaration struct {
	L *lua.LState
	t *lua.LTable
}

func (d *declaration) fail(format string, args ...any) {
	raise(d.L, "perigee.command: "+format, args...)
}

var declarationFields = []string{"name", "summary", "complexity", "args", "arity", "flags", "categories", "keys", "handler"}

func (d *declaration) command() (engine.Command, *moduleCommand) {
	for k, _ := d.t.Next(lua.LNil); k != lua.LNil; k, _ = d.t.Next(k) {
		if name, ok := k.(lua.LString); !ok || !slices.Contains(declarationFields, string(name)) {
			d.fail("unknown field '%s'; known are %s", k.String(), strings.Join(declarationFields, ", "))
		}
	}
	name := strings.ToLower(d.text("name", ""))
	if !validCommandName(name) {
		d.fail("'name' must be letters, digits, '.', '_' or '-', at most 64")
	}
	handler, ok := d.t.RawGetString("handler").(*lua.LFunction)
	if !ok {
		d.fail("'handler' of command '%s' must be a function", name)
	}
	nameRegistered(handler.Proto, name, "handler")
	mc := &moduleCommand{name: name, handler: handler}
	c := engine.Command{
		Name: name, Group: engine.GroupModule, Since: "perigee " + engine.Version, Summary: d.text("summary", "A command of a Lua module."),
		Complexity: d.text("complexity", "Depends on the module."), Flags: engine.FromModule | engine.RunsScript,
	}
	d.arguments(&c, mc)
	d.flags(&c, mc)
	d.categories(&c)
	d.keys(&c)
	return c, mc
}

func validCommandName(name string) bool {
	for _, c := range name {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

func (d *declaration) text(field, otherwise string) string {
	switch v := d.t.RawGetString(field).(type) {
	case lua.LString:
		return string(v)
	case *lua.LNilType:
		return otherwise
	}
	d.fail("'%s' must be a string", field)
	return ""
}

// arguments reads args or arity, of which one must be there.
func (d *declaration) arguments(c *engine.Command, mc *moduleCommand) {
	switch v := d.t.RawGetString("arity").(type) {
	case lua.LNumber:
		if v == 0 || float64(int(v)) != float64(v) {
			d.fail("'arity' must be an integer, the name counted, negative for a minimum")
		}
		c.Arity = int(v)
		return
	case *lua.LNilType:
	default:
		d.fail("'arity' must be a number")
	}
	list, ok := d.t.RawGetString("args").(*lua.LTable)
	if !ok {
		d.fail("'args' must be a list of arguments, unless 'arity' is given")
	}
	mc.params = []param{}
	required, open := 1, false
	for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
		t, ok := list.RawGetInt(i).(*lua.LTable)
		if !ok {
			d.fail("argument %d must be a table", i)
		}
		p := d.param(t, i)
		if open && p.token == "" {
			d.fail("argument '%s' follows an optional or repeated one, so it needs a token", p.name)
		}
		if p.optional || p.multiple {
			open = true
		}
		if !p.optional {
			required++
		}
		if p.optional && p.token == "" && i > 1 && mc.params[i-2].optional && mc.params[i-2].token != "" {
			d.fail("optional argument '%s' without a token must come before those with one", p.name)
		}
		mc.params = append(mc.params, p)
		c.Args = append(c.Args, p.arg())
	}
	c.Arity = required
	if open {
		c.Arity = -required
	}
}

func (p *param) arg() engine.Arg {
	a := engine.Arg{Name: p.name, Type: paramTypes[p.kind], Token: p.token, Optional: p.optional, Multiple: p.multiple}
	return a
}

func (d *declaration) param(t *lua.LTable, i int) param {
	p := param{kind: "string", fallback: t.RawGetString("default")}
	field := func(name string) string {
		switch v := t.RawGetString(name).(type) {
		case lua.LString:
			return string(v)
		case *lua.LNilType:
			return ""
		}
		d.fail("'%s' of argument %d must be a string", name, i)
		return ""
	}
	p.name, p.token = field("name"), strings.ToUpper(field("token"))
	if p.name == "" {
		d.fail("argument %d needs a name", i)
	}
	if kind := field("type"); kind != "" {
		p.kind = kind
	}
	if paramTypes[p.kind] == "" {
		d.fail("argument '%s' has unknown type '%s'; known are key, string, integer, double, pattern, flag", p.name, p.kind)
	}
	p.optional, p.multiple = lua.LVAsBool(t.RawGetString("optional")), lua.LVAsBool(t.RawGetString("multiple"))
	if p.kind == "flag" {
		p.optional = true
		if p.token == "" {
			p.token = strings.ToUpper(p.name)
		}
	}
	low, hasLow := t.RawGetString("min").(lua.LNumber)
	high, hasHigh := t.RawGetString("max").(lua.LNumber)
	p.min, p.max, p.bounded = -1<<63, 1<<63, hasLow || hasHigh
	if hasLow {
		p.min = float64(low)
	}
	if hasHigh {
		p.max = float64(high)
	}
	return p
}

var commandFlags = map[string]engine.Flags{
	"write": engine.Write, "readonly": engine.ReadOnly, "denyoom": engine.DenyOOM, "fast": engine.Fast,
	"noscript": engine.NoScript, "admin": engine.Admin,
}

// flags reads the command's flags; without write or readonly it writes.
func (d *declaration) flags(c *engine.Command, mc *moduleCommand) {
	switch list := d.t.RawGetString("flags").(type) {
	case *lua.LTable:
		for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
			f := commandFlags[list.RawGetInt(i).String()]
			if f == 0 {
				d.fail("unknown flag '%s'; known are write, readonly, denyoom, fast, noscript, admin", list.RawGetInt(i).String())
			}
			c.Flags |= f
		}
	case *lua.LNilType:
	default:
		d.fail("'flags' must be a list of strings")
	}
	if c.Flags&engine.Write != 0 && c.Flags&engine.ReadOnly != 0 {
		d.fail("command '%s' cannot be both write and readonly", c.Name)
	}
	if c.Flags&engine.ReadOnly == 0 {
		c.Flags |= engine.Write | engine.DenyOOM
	}
	mc.readOnly = c.Flags&engine.ReadOnly != 0
}

// categories reads the command's ACL categories beyond those of its flags.
func (d *declaration) categories(c *engine.Command) {
	switch list := d.t.RawGetString("categories").(type) {
	case *lua.LTable:
		for i := 1; list.RawGetInt(i) != lua.LNil; i++ {
			name := strings.TrimPrefix(list.RawGetInt(i).String(), "@")
			if !acl.IsCategory(name) {
				d.fail("unknown category '%s'; known are %s", name, strings.Join(acl.Categories(), ", "))
			}
			c.Categories = append(c.Categories, strings.ToLower(name))
		}
	case *lua.LNilType:
	default:
		d.fail("'categories' must be a list of strings")
	}
}

// keys reads keys = {first=, last=, step=}, or finds the typed arguments that
// are keys.
func (d *declaration) keys(c *engine.Command) {
	access := engine.RW | engine.Access | engine.Update
	if c.Flags&engine.ReadOnly != 0 {
		access = engine.RO | engine.Access
	}
	switch t := d.t.RawGetString("keys").(type) {
	case *lua.LTable:
		n := func(name string, otherwise int) int {
			if v, ok := t.RawGetString(name).(lua.LNumber); ok {
				return int(v)
			}
			return otherwise
		}
		first, last, step := n("first", 0), n("last", 0), n("step", 1)
		if first < 1 || step < 1 || last > 0 && last < first {
			d.fail("'keys' needs first >= 1, step >= 1, and last >= first or negative")
		}
		if last > 0 {
			last -= first
		}
		c.Keys = engine.KeyRange(first, last, step, access)
		return
	case *lua.LNilType:
	default:
		d.fail("'keys' must be a table")
	}
	for i, a := range c.Args {
		if a.Type != engine.ArgKey || a.Optional || a.Token != "" {
			continue
		}
		last := 0
		if a.Multiple {
			last = -1
		}
		c.Args[i].KeySpec = len(c.Keys)
		c.Keys = append(c.Keys, engine.KeyRange(i+1, last, 1, access)...)
	}
}

// run is the handler that the engine calls: it checks the arguments and runs
// the module's function, all or nothing.
func (mc *moduleCommand) run(c *engine.Client, args engine.Args, w engine.Reply) error {
	s := mc.s
	if d := s.debugs(c); d != nil {
		return s.endDebug(c, d.startCommand(mc, args))
	}
	raw := s.stringTable(args)
	named, err := mc.parse(args, raw)
	if err != nil {
		return err
	}
	r, err := mc.begin(s, c)
	if err != nil {
		return err
	}
	value, err := s.execute(r, mc.handler, true, named, raw)
	if err != nil {
		return err
	}
	return s.reply(w, value, r.resp3)
}

// begin makes a run of the command's handler.
func (mc *moduleCommand) begin(s *Scripting, c *engine.Client) (*run, error) {
	return s.begin(c, runModule, &mc.stats, flags{noWrites: mc.readOnly, limits: mc.limits}, mc.readOnly)
}

// parse turns arguments into the table that the handler gets: by name and of
// the declared type.
func (mc *moduleCommand) parse(args engine.Args, raw *lua.LTable) (*lua.LTable, error) {
	if mc.params == nil {
		return raw, nil
	}
	t, i := mc.s.m.newTable(0, len(mc.params)), 0
	for _, p := range mc.params {
		if p.token != "" {
			continue
		}
		if i >= len(args) || p.optional && mc.isToken(args[i]) {
			if !p.optional {
				return nil, engine.Errf("wrong number of arguments for '" + mc.name + "' command")
			}
			t.RawSetString(p.name, p.fallback)
			continue
		}
		if p.multiple {
			list := mc.s.m.newTable(len(args)-i, 0)
			for n := 1; i < len(args) && (n == 1 || !mc.isToken(args[i])); n++ {
				v, err := p.value(args[i])
				if err != nil {
					return nil, err
				}
				list.RawSetInt(n, v)
				i++
			}
			t.RawSetString(p.name, list)
			continue
		}
		v, err := p.value(args[i])
		if err != nil {
			return nil, err
		}
		t.RawSetString(p.name, v)
		i++
	}
	return t, mc.options(t, args[i:])
}

func (mc *moduleCommand) isToken(b []byte) bool {
	return slices.ContainsFunc(mc.params, func(p param) bool { return p.token != "" && engine.EqualFold(b, p.token) })
}

// options reads the arguments that have tokens, in any order.
func (mc *moduleCommand) options(t *lua.LTable, args engine.Args) error {
	for i := 0; i < len(args); i++ {
		n := slices.IndexFunc(mc.params, func(p param) bool { return p.token != "" && engine.EqualFold(args[i], p.token) })
		if n < 0 || t.RawGetString(mc.params[n].name) != lua.LNil {
			return engine.ErrSyntax
		}
		p := &mc.params[n]
		if p.kind == "flag" {
			t.RawSetString(p.name, lua.LTrue)
			continue
		}
		if i++; i == len(args) {
			return engine.ErrSyntax
		}
		v, err := p.value(args[i])
		if err != nil {
			return err
		}
		t.RawSetString(p.name, v)
	}
	for _, p := range mc.params {
		if p.token == "" || t.RawGetString(p.name) != lua.LNil {
			continue
		}
		if !p.optional {
			return engine.Errf("argument " + p.token + " is missing for '" + mc.name + "' command")
		}
		t.RawSetString(p.name, p.fallback)
	}
	return nil
}

// value reads one argument.
func (p *param) value(b []byte) (lua.LValue, error) {
	var f float64
	switch p.kind {
	case "integer":
		n, ok := engine.ParseInt(b)
		if !ok {
			return nil, engine.Errf("argument '" + p.name + "' is not an integer or out of range")
		}
		f = float64(n)
	case "double":
		var ok bool
		if f, ok = engine.ParseFloat(b); !ok {
			return nil, engine.Errf("argument '" + p.name + "' is not a valid float")
		}
	default:
		return lua.LString(b), nil
	}
	if p.bounded && (f < p.min || f > p.max) {
		return nil, engine.Errf(fmt.Sprintf("argument '%s' is %s, which is not between %s and %s", p.name, b, boundText(p.min), boundText(p.max)))
	}
	return lua.LNumber(f), nil
}

func boundText(f float64) string {
	switch {
	case f <= -1<<63:
		return "-inf"
	case f >= 1<<63:
		return "+inf"
	}
	return formatNumber(f)
}
