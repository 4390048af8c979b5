--- a handler that fails
--> [null,"error in error handling"]
return {xpcall(function() error('a') end, function() error('b') end)}
--- a handler that calls itself
--> [null,"
local function h() h() return 1 + h() end local ok, why = xpcall(error, h) return {ok, why}
--- a handler that never ends
--> -LIMIT time
return xpcall(error, function() while true do end end)
--- a handler that hides the end
--> -LIMIT time
while true do xpcall(function() while true do end end, function() return 'x' end) end
--- a handler that calls xpcall
--> -LIMIT | -ERR | [
local function h() return xpcall(error, h) end return {xpcall(error, h)}
--- a handler that grows
--> -LIMIT memory
return xpcall(error, function() local s = 'x' while true do s = s .. s end end)
--- a handler that is no function
--> [null
return {xpcall(error, {})}
--- pcall of pcall
--> [
return {pcall(pcall, pcall, pcall, error)}
--- pcall within each other
--> [1,1,1,1
local function f() return pcall(f) end return {f()}
--- pcall within each other without end
--> -LIMIT time
local function f() pcall(f) pcall(f) end f()
--- pcall of a stack overflow without end
--> -LIMIT time
local function f() return 1 + f() end while true do pcall(f) end
--- errors in errors
--> -ERR
error(error(error('x')))
--- an error without a value
--> -ERR
error()
--- an error that is false
--> -ERR
error(false)
--- an error that is a function
--> -ERR
error(function() end)
--- an error that is a table with an odd err
--> -ERR unknown error
error({err = {}})
--- an error with line ends
--> -ERR user_script:1: a  b +OK
error('a\r\nb\n+OK')
--- an error table with line ends
--> -a  b +OK
error({err = 'a\r\nb\n+OK'})
--- an error that is long
--> -ERR user_script:1: xxxxxxxx
error(('x'):rep(100000))
--- an error that is longer than the reply may be
--> -LIMIT reply
error(('x'):rep(10000000))
--- an error with a level beyond the stack
--> -ERR x
error('x', 1000000)
--- an error with a level below all
--> -ERR x
error('x', -1)
--- an error that holds itself
--> -ERR unknown error
local t = {} t.t = t error(t)
--- assert with what is no text
--> -ERR
assert(false, {})
--- assert that is long
--> -ERR user_script:1: xxxx
assert(nil, ('x'):rep(100000))
--- select beyond
--> -ERR user_script:1: bad argument #1 to 'select' (index out of range)
return select(-5, 1)
--- errors without end
--> -LIMIT time
while true do pcall(error, 'x') end
--- errors without end with tables
--> -LIMIT time
while true do pcall(error, {err = 'x'}) end
--- redis errors without end
--> -LIMIT commands | -LIMIT time
while true do redis.pcall('NOSUCH') end
--- redis errors without end, caught
--> -LIMIT commands | -LIMIT time
while true do pcall(redis.call, 'INCR') end
--- undone within atomic without end
--> -LIMIT commands | -LIMIT time
while true do perigee.atomic(function() redis.call('SET', 'a', 1) error('x') end) end
--- atomic within each other
--> [1,1,1,1
local function f() return perigee.atomic(f) end return {f()}
