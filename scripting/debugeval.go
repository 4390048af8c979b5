package scripting

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var identifiers = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

const maxEvaluated = 150 // variables that evaluated code may use

// evaluate runs code in the script's environment, and gives what it returns or
// the reason why it does not. With the variables of the chosen frame, it works
// on copies of them.
func (d *debugSession) evaluate(code string, variables bool) (value lua.LValue, failed string) {
	prefix, values := "", []lua.LValue(nil)
	if variables {
		prefix, values = d.used(code)
	}
	m := d.own.m
	compiled, err := compile("ldb_eval", prefix+"return "+code, m.bindable)
	if err != nil {
		compiled, err = compile("ldb_eval", prefix+code, m.bindable)
	}
	if err != nil {
		return nil, oneLine(err)
	}
	value, err = m.call(m.function(compiled, d.env), Monitor{}, values...)
	if errors.Is(err, errOverdue) {
		m.hook.resume()
	}
	var script *ScriptError
	switch {
	case err == nil:
		return value, ""
	case errors.As(err, &script) && script.Stop == nil:
		return nil, strings.TrimPrefix(errorText(script.Value), "ERR ")
	}
	return nil, oneLine(err)
}

// used declares the variables of the chosen frame that code may name, and
// gives their values.
func (d *debugSession) used(code string) (declaration string, values []lua.LValue) {
	var names []string
	variables := d.visible(d.chosen())
	for _, name := range identifiers.FindAllString(code, -1) {
		if value, ok := named(variables, name); ok && !slices.Contains(names, name) && len(names) < maxEvaluated {
			names, values = append(names, name), append(values, value)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	return "local " + strings.Join(names, ",") + " = ... ", values
}

// eval runs code and shows what it returns.
func (d *debugSession) eval(code, prefix string) {
	value, failed := d.evaluate(code, d.perigee)
	if failed != "" {
		d.say("<error> " + failed)
		return
	}
	d.sayValue(prefix, value)
}

// redis runs a command as if the script had called it.
func (d *debugSession) redis(argv [][]byte) {
	reply := &luaReply{m: d.own.m}
	reply.reset(d.own.run.resp3)
	d.mode = stepInto // show it
	_ = d.call(d.own.run, argv, reply)
	d.mode = stepNone
}
