package scripting

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// chunk is a compiled script. It never changes, so any goroutine may compile, keep and share one.
type chunk struct {
	proto *lua.FunctionProto
}

// compile turns source into a chunk; name is what error messages call it. bindable holds the frozen globals that the
// chunk may keep as upvalues: every environment it is later run in must have them. The error is a *SyntaxError. It takes
// time and memory in proportion to the source, whatever that is.
func compile(name, text string, bindable map[string]struct{}) (*chunk, error) {
	return compileSource(name, &source{text: text}, bindings{paths: bindable})
}

// mustCompile compiles a source of ours.
func mustCompile(name, source string) *chunk {
	c, err := compile(name, source, nil)
	if err != nil {
		panic(err)
	}
	return c
}

// compileLibrary is compile for a library's body, which runs among other globals than the functions in it do later: only
// these keep any.
func compileLibrary(name, text string, bindable map[string]struct{}) (*chunk, error) {
	return compileSource(name, &source{text: text}, bindings{paths: bindable, inner: true})
}

// bindings says which frozen globals a chunk may keep as upvalues.
type bindings struct {
	paths map[string]struct{}
	inner bool // only functions within the chunk may
}

func compileSource(name string, src *source, bind bindings) (c *chunk, err error) {
	stmts, err := parse(name, src)
	if err != nil {
		return nil, err
	}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *SyntaxError:
			err = r
		default:
			panic(r)
		}
	}()
	main, builtins := lower(name, stmts, bind)
	// The script is a function within one that has the builtins as locals.
	around := &generator{chunk: name, yields: strings.Contains(src.text, "yield"), proto: &lua.FunctionProto{}}
	around.enter(false)
	for _, builtin := range builtins {
		around.declare(builtin)
	}
	proto := generate(name, around, main, false).proto
	nameFunction(proto, "main")
	nameFunctions(proto)
	return &chunk{proto}, nil
}

// function makes a chunk callable in an environment. The result may be called as often as wanted.
func (m *machine) function(c *chunk, env *environment) *lua.LFunction {
	fn := &lua.LFunction{Proto: c.proto, Env: env.globals, Upvalues: make([]*lua.Upvalue, len(c.proto.DbgUpvalues))}
	for i, name := range c.proto.DbgUpvalues {
		fn.Upvalues[i] = closedUpvalue(m.hidden(name, env))
	}
	return fn
}

func closedUpvalue(value lua.LValue) *lua.Upvalue {
	upvalue := &lua.Upvalue{}
	upvalue.Close()
	upvalue.SetValue(value)
	return upvalue
}
