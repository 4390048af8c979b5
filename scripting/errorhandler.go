package scripting

import lua "github.com/yuin/gopher-lua"

// errorHandlerSource is the global __redis__err__handler of EVAL: it makes any error a table that says where it arose. As in
// Redis it is a function of Lua, which tail calls, levels and errors within it show, and stores on lines 10 and 11.
const errorHandlerSource = `
local place = ...
return function(err)
  local source, line = place()
  if type(err) ~= 'table' then
    err = {err = 'ERR ' .. tostring(err)}
  end
  if not source then return err end
  -- A table that the script may not write to fails here.
  err.source = source
  err.line = line
  return err
end`

// newErrorHandler makes the error handler of a machine, which its scripts' errors are caught by.
func (m *machine) newErrorHandler() *lua.LFunction {
	handler, err := m.call(m.function(mustCompile("err_handler_def", errorHandlerSource), m.eval), Monitor{}, m.goFunction(m.handledPlace))
	if err != nil {
		panic(err)
	}
	return handler.(*lua.LFunction)
}

// handledPlace is where the function is that called the error handler.
func (m *machine) handledPlace(L *lua.LState) int {
	p := m.errorPlace(L, 2)
	if p.line == 0 {
		return 0
	}
	L.Push(lua.LString(p.source))
	L.Push(lua.LNumber(p.line))
	return 2
}
