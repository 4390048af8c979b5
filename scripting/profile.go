package scripting

import (
	"slices"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
)

// profiler samples what scripts spend their time on. It looks at each step of
// the hook, before and after each library function, behind each command that a
// script calls, and at a script's end. Whenever scripts have run for an
// interval since the last sample, that look becomes one: the time is charged
// to the stack that is found. So a stack's weight is time, whatever a script
// waits for, and scripts that are shorter than the interval count in proportion.
//
// While it is off it costs a look at a flag for each run and command.
type profiler struct {
	s       *Scripting
	on      bool
	every   time.Duration
	filter  string
	running bool // a run is going on that is to be sampled

	at      time.Duration // of the last look
	pending time.Duration // that scripts have run since the last sample

	weights map[string]*time.Duration // by stack, in the form that GET shows
	bytes   int                       // of all stacks
	stack   []byte                    // scratch
	places  [maxStackDepth]stackPlace

	names     map[*lua.LFunction]string // of library functions
	originals map[*lua.LFunction]lua.LGFunction
}

// stackPlace is a function on the stack, and the instruction that it is at.
type stackPlace struct {
	fn *lua.LFunction
	pc int
}

const (
	defaultProfileEvery = 100 * time.Microsecond
	maxStackDepth       = 64
	maxProfileBytes     = 4 << 20 // of all stacks; the rest of the time goes to otherStacks
	otherStacks         = "(other)"
	cutFrame            = "(cut)" // stands for what is between the root and the innermost functions
)

// start begins a new profile.
func (p *profiler) start(every time.Duration, filter string) {
	p.reset()
	p.on, p.every, p.filter, p.pending = true, every, filter, 0
	p.instrument()
	p.s.m.hook.onStep = func() { p.look(0, nil) }
	if r := p.s.outermost(); r != nil { // it overruns, and lets the client in that starts this
		p.begin(r)
	}
}

// stop ends the profile, which stays to be read.
func (p *profiler) stop() {
	p.on, p.running = false, false
	p.s.m.hook.onStep = nil
	for fn, original := range p.originals {
		fn.GFunction = original
	}
	p.originals = nil
}

// reset forgets what was sampled.
func (p *profiler) reset() { p.weights, p.bytes = map[string]*time.Duration{}, 0 }

// begin is called when an outermost run begins, if the profiler is on.
func (p *profiler) begin(r *run) {
	p.running = p.filter == "" || r.called(p.filter)
	p.resume()
}

// resume goes on after what is not the script's time.
func (p *profiler) resume() { p.at = p.s.clock() }

// end is called when that run has ended.
func (p *profiler) end() {
	if p.running {
		p.look(-1, nil)
	}
	p.running = false
}

// called tells whether a run is what a filter means: a function or command by
// its name, or a script by its SHA1 or the beginning of that.
func (r *run) called(name string) bool {
	if r.kind == runEval {
		return strings.HasPrefix(r.name, strings.ToLower(name))
	}
	return strings.EqualFold(r.name, name)
}

// look counts the time, and makes it a sample if it is due: of the stack
// without the innermost functions to skip, and with the command that was
// called, if any. To skip all functions, skip is negative.
func (p *profiler) look(skip int, command []byte) {
	if !p.running {
		return
	}
	now := p.s.clock()
	p.pending += now - p.at
	p.at = now
	if p.pending == 0 || p.pending < p.every {
		return
	}
	p.charge(p.pending, skip, command)
	p.pending = 0
}

// charge adds time to the present stack.
func (p *profiler) charge(spent time.Duration, skip int, command []byte) {
	p.stack = p.s.outermost().appendRoot(p.stack[:0])
	if skip >= 0 {
		p.appendFrames(skip)
	}
	if command != nil {
		p.stack = append(p.stack, ';')
		for _, c := range command {
			if 'a' <= c && c <= 'z' {
				c -= 'a' - 'A'
			}
			p.stack = append(p.stack, c)
		}
	}
	weight := p.weights[string(p.stack)]
	if weight == nil {
		stack := string(p.stack)
		if p.bytes+len(stack) > maxProfileBytes {
			stack = otherStacks
		}
		if weight = p.weights[stack]; weight == nil {
			weight = new(time.Duration)
			p.weights[stack] = weight
			p.bytes += len(stack)
		}
	}
	*weight += spent
}

// appendRoot names the run as the first frame of its stacks.
func (r *run) appendRoot(b []byte) []byte {
	switch r.kind {
	case runEval:
		return append(append(b, "script:"...), r.name[:min(len(r.name), shortSHA)]...)
	case runFunction:
		return append(append(b, "function:"...), r.name...)
	}
	return append(append(b, "command:"...), r.name...)
}

// shortSHA is as much of a script's SHA1 as tells it from others.
const shortSHA = 12

// appendFrames appends the functions of the present stack, outermost first.
func (p *profiler) appendFrames(skip int) {
	n, cut := 0, false
	for walk := framesOf(p.s.m.L.G.CurrentThread); ; {
		fn, pc := walk.next()
		if fn == nil {
			break
		}
		if skip--; skip >= 0 {
			continue
		}
		if n == len(p.places) {
			cut = true
			break
		}
		p.places[n] = stackPlace{fn, pc}
		n++
	}
	if cut {
		p.stack = append(append(p.stack, ';'), cutFrame...)
	}
	for i := n - 1; i >= 0; i-- {
		p.stack = append(p.stack, ';')
		p.appendFrame(p.places[i])
	}
	clear(p.places[:n])
}

// appendFrame appends name@line of a Lua function, with the file before the
// line where there is one, or the name of a library function.
func (p *profiler) appendFrame(at stackPlace) {
	if at.fn.IsG {
		name := p.names[at.fn]
		if name == "" {
			name = "(native)"
		}
		p.stack = append(p.stack, name...)
		return
	}
	proto := at.fn.Proto
	p.stack = append(append(p.stack, functionName(proto)...), '@')
	if source := proto.SourceName; source != "user_script" && source != "user_function" {
		p.stack = append(append(p.stack, frameWord(fileName(source))...), ':')
	}
	p.stack = strconv.AppendInt(p.stack, int64(lineOf(proto, at.pc)), 10)
}

// fileName is a path's last part, and the folder of an init.lua with it.
func fileName(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	last := strings.LastIndexByte(path, '/')
	if last > 0 && path[last+1:] == "init.lua" {
		last = strings.LastIndexByte(path[:last], '/')
	}
	return path[last+1:]
}

// instrument puts a look before and after each library function. The functions
// stay the same values, so scripts that hold them already are seen as well.
func (p *profiler) instrument() {
	if p.names == nil {
		p.names = p.s.m.libraryNames()
	}
	p.originals = make(map[*lua.LFunction]lua.LGFunction, len(p.names))
	for fn := range p.names {
		original := fn.GFunction
		p.originals[fn] = original
		fn.GFunction = func(L *lua.LState) int {
			p.look(1, nil)
			n := original(L)
			p.look(0, nil)
			return n
		}
	}
}

// libraryNames names all library functions, and those that lowering calls.
func (m *machine) libraryNames() map[*lua.LFunction]string {
	names := map[*lua.LFunction]string{}
	add := func(name string, value lua.LValue) {
		if fn, ok := value.(*lua.LFunction); ok && fn.IsG && (names[fn] == "" || name < names[fn]) {
			names[fn] = name
		}
	}
	for name, fn := range m.builtins {
		add(frameWord(name), fn)
	}
	m.common.ForEach(func(name, value lua.LValue) {
		add(name.String(), value)
		if library, ok := value.(*lua.LTable); ok {
			m.reader(library).ForEach(func(member, value lua.LValue) { add(name.String()+"."+member.String(), value) })
		}
	})
	return names
}

// stackWeight is a line of the profile.
type stackWeight struct {
	stack  string
	weight time.Duration
}

// heaviest is the profile, the heaviest stack first.
func (p *profiler) heaviest() []stackWeight {
	all := make([]stackWeight, 0, len(p.weights))
	for stack, weight := range p.weights {
		all = append(all, stackWeight{stack, *weight})
	}
	slices.SortFunc(all, func(a, b stackWeight) int {
		if a.weight != b.weight {
			return int(min(max(b.weight-a.weight, -1), 1))
		}
		return strings.Compare(a.stack, b.stack)
	})
	return all
}
