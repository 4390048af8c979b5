package scripting

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// program writes random Lua programs out of locals, upvalues, tables, calls, loops and every operator that cannot fail.
type program struct {
	*rand.Rand
	out    strings.Builder
	locals []string
	depth  int
	names  int
	steps  int
}

func (p *program) pick(options ...string) string { return options[p.IntN(len(options))] }

func (p *program) local() string { return p.locals[p.IntN(len(p.locals))] }

// number is an expression that gives a number; value one that gives anything.
func (p *program) number() string {
	if p.steps--; p.depth > 4 || p.steps < 0 {
		return p.pick("1", "2", "7", "n("+p.local()+")")
	}
	p.depth++
	defer func() { p.depth-- }()
	switch p.IntN(9) {
	case 0:
		return "(" + p.number() + p.pick(" + ", " - ", " * ") + p.number() + ")"
	case 1:
		return p.number() + p.pick(" + ", " - ", " * ") + p.number()
	case 2:
		return "-(" + p.number() + ")"
	case 3:
		return "n(" + p.value() + ")"
	case 4:
		return "n(" + p.value() + ", " + p.value() + ")"
	case 5:
		return "#{" + p.value() + "}"
	case 6:
		return "select('#', " + p.values() + ")"
	}
	return p.pick("1", "3", "n("+p.local()+")", "4")
}

func (p *program) value() string {
	if p.steps--; p.depth > 4 || p.steps < 0 {
		return p.pick(p.local(), "nil", "5", "'s'", "true", "false")
	}
	p.depth++
	defer func() { p.depth-- }()
	switch p.IntN(18) {
	case 0, 1:
		return "(" + p.value() + " and " + p.value() + ")"
	case 2, 3:
		return "(" + p.value() + " or " + p.value() + ")"
	case 4:
		return p.value() + " and " + p.value() + " or " + p.value()
	case 5:
		return "not " + p.value()
	case 6:
		return "(" + p.number() + p.pick(" < ", " <= ", " > ", " >= ") + p.number() + ")"
	case 7:
		return "(" + p.value() + p.pick(" == ", " ~= ") + p.value() + ")"
	case 8:
		return "s(" + p.value() + ") .. " + p.number()
	case 9:
		return "s(" + p.value() + ") .. s(" + p.value() + ") .. 'x'"
	case 10:
		return "{" + p.values() + "}"
	case 11:
		return "({x = " + p.value() + ", [" + p.number() + "] = " + p.value() + "})." + p.pick("x", "y")
	case 12:
		return "f(" + p.values() + ")"
	case 13:
		return "(f(" + p.values() + "))"
	case 14:
		return "(function(...) local z, w = ... return " + p.pick("...", "w, z", "z") + " end)(" + p.values() + ")"
	case 15:
		return p.number()
	case 16:
		return "o:m(" + p.values() + ")"
	}
	return p.local()
}

func (p *program) values() string {
	parts := make([]string, 1+p.IntN(3))
	for i := range parts {
		parts[i] = p.value()
	}
	return strings.Join(parts, ", ")
}

func (p *program) target() string {
	if p.IntN(4) == 0 {
		return p.pick("t.x", "t[1]", "t[n("+p.local()+")]", "t.y")
	}
	return p.local()
}

func (p *program) line(format string, args ...any) {
	fmt.Fprintf(&p.out, format+"\n", args...)
}

func (p *program) block(statements int) {
	visible := len(p.locals)
	for range statements {
		p.statement()
	}
	p.locals = p.locals[:visible]
}

func (p *program) statement() {
	p.depth++
	defer func() { p.depth-- }()
	p.steps = 12
	kind := p.IntN(14)
	if p.depth > 4 && kind > 6 {
		kind = p.IntN(7)
	}
	switch kind {
	case 0, 1:
		p.line("%s = %s", p.target(), p.value())
	case 2:
		p.line("%s, %s = %s", p.target(), p.target(), p.values())
	case 3:
		p.line("%s, %s, %s = %s", p.target(), p.target(), p.target(), p.values())
	case 4:
		p.names++
		name := fmt.Sprintf("v%d", p.names)
		p.line("local %s = %s", name, p.value())
		p.locals = append(p.locals, name)
	case 5:
		p.names += 2
		one, two := fmt.Sprintf("v%d", p.names-1), fmt.Sprintf("v%d", p.names)
		p.line("local %s, %s = %s", one, two, p.values())
		p.locals = append(p.locals, one, two)
	case 6:
		p.line("f(%s)", p.values())
	case 7:
		p.line("if %s then", p.value())
		p.block(2)
		if p.IntN(2) == 0 {
			p.line("elseif %s then", p.value())
			p.block(1)
		}
		p.line("else")
		p.block(1)
		p.line("end")
	case 8:
		p.line("for i = 1, %d do", p.IntN(4))
		p.locals = append(p.locals, "i")
		p.block(2)
		if p.IntN(3) == 0 {
			p.line("if %s then break end", p.value())
		}
		p.line("end")
		p.locals = p.locals[:len(p.locals)-1]
	case 9:
		p.line("for k, v in ipairs({%s}) do", p.values())
		p.locals = append(p.locals, "k", "v")
		p.block(2)
		p.line("end")
		p.locals = p.locals[:len(p.locals)-2]
	case 10:
		p.names++
		name := fmt.Sprintf("g%d", p.names)
		p.line("local function %s(p, q)", name)
		p.locals = append(p.locals, "p", "q")
		p.block(2)
		p.line("return %s end", p.values())
		p.locals = p.locals[:len(p.locals)-2]
		p.line("%s = %s(%s)", p.local(), name, p.values())
	case 11:
		p.line("do local count = 0 while count < 3 and (%s) do count = count + 1", p.value())
		p.block(2)
		p.line("end end")
	case 12:
		p.line("do local count = 0 repeat local r = %s count = count + 1", p.value())
		p.locals = append(p.locals, "r")
		p.block(1)
		p.line("until count > 2 or (%s) end", p.value())
		p.locals = p.locals[:len(p.locals)-1]
	case 13:
		p.line("pcall(function()")
		p.block(2)
		p.line("if %s then error('e') end", p.value())
		p.block(1)
		p.line("end)")
	}
}

// randomProgram ends with a return of everything it changed.
func randomProgram(seed uint64) string {
	p := &program{Rand: rand.New(rand.NewPCG(seed, 1)), locals: []string{"a", "b", "c"}}
	p.line(`local function n(v, w) if type(v) == 'number' then return v %% 1000 end return w ~= nil and 2 or 1 end`)
	p.line(`local function s(v) local t = type(v) if t == 'string' then return v:sub(1, 20) elseif t == 'table' then return '{}' end return t == 'number' and v %% 1000 .. '' or tostring(v) end`)
	p.line(`local log, t, o = {}, {}, {m = function(self, x, ...) return x, ... end}`)
	p.line(`local function f(x, y) log[#log + 1] = s(x) .. s(y) return y, x end`)
	p.line("local a, b, c = 1, 'two', nil")
	p.block(6 + p.IntN(10))
	p.line("return a, b, c, t, #log, log[1], log[#log]")
	return p.out.String()
}

func TestRandomProgramsLikeRedis(t *testing.T) {
	o, m := newOracle(t), newMachine(nil)
	failures := 0
	for seed := range uint64(150) {
		script := wrap(randomProgram(seed))
		want, got := o.eval(script), evalHere(m, script)
		if got != want {
			t.Errorf("seed %d\n%s\n got: %.500s\nwant: %.500s", seed, randomProgram(seed), got, want)
			if failures++; failures == 5 {
				t.Fatal("stopped")
			}
		}
	}
}
