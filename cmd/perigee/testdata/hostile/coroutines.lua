--- coroutines within each other
--> -ERR
local function f() return coroutine.wrap(f)() end return f()
--- coroutines within each other, caught
--> [null,"C stack overflow"]
local function f() local ok, why = coroutine.resume(coroutine.create(f)) if not ok then error(why, 0) end end
return {coroutine.resume(coroutine.create(f))}
--- coroutines without end
--> -LIMIT | -ERR user_script:1: too many coroutines
local t = {} while true do t[#t + 1] = coroutine.create(function() end) end
--- coroutines without end that are dropped
--> -LIMIT time | -ERR user_script:1: too many coroutines
while true do coroutine.create(function() end) end
--- coroutines without end that wait
--> -LIMIT | -ERR user_script:1: too many coroutines
local t = {} while true do local c = coroutine.wrap(function() local s = ('x'):rep(1000) coroutine.yield() return s end) c() t[#t + 1] = c end
--- a coroutine that never ends
--> -LIMIT time
coroutine.wrap(function() while true do end end)()
--- a coroutine that never ends, caught
--> -LIMIT time
while true do coroutine.resume(coroutine.create(function() while true do end end)) end
--- a coroutine that yields without end
--> -LIMIT time
local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end
--- a coroutine that fails without end
--> -LIMIT time | -ERR user_script:1: too many coroutines
while true do pcall(coroutine.wrap(function() error('x') end)) end
--- a coroutine with a deep stack
--> -ERR user_script:1: stack overflow
coroutine.wrap(function() local function f() return 1 + f() end f() end)()
--- coroutines with deep stacks
--> -LIMIT
local t = {}
local function deep(n) if n == 0 then coroutine.yield() end local a, b, c, d = {}, {}, {}, {} deep(n - 1) return a end
while true do local c = coroutine.wrap(deep) c(1000) t[#t + 1] = c end
--- yield over pcall
--> [null,"attempt to yield across metamethod/C-call boundary"]
return coroutine.wrap(function() return {pcall(coroutine.yield)} end)()
--- yield over a metamethod
--> -ERR user_script:1: attempt to yield across metamethod/C-call boundary
return coroutine.wrap(function() return setmetatable({}, {__index = coroutine.yield}).x end)()
--- yield over sort
--> -ERR user_script:1: attempt to yield across metamethod/C-call boundary
return coroutine.wrap(function() table.sort({3, 2, 1}, coroutine.yield) end)()
--- yield over gsub
--> -ERR user_script:1: attempt to yield across metamethod/C-call boundary
return coroutine.wrap(function() return ('abc'):gsub('.', coroutine.yield) end)()
--- yield outside
--> -ERR attempt to yield across metamethod/C-call boundary
coroutine.yield(1)
--- resume of itself
--> [null,"cannot resume running coroutine"]
local c c = coroutine.create(function() return {coroutine.resume(c)} end) local _, t = coroutine.resume(c) return {t[1], t[2]}
--- resume of who resumed
--> [null,"cannot resume normal coroutine"]
local a a = coroutine.create(function() return coroutine.wrap(function() return {coroutine.resume(a)} end)() end)
local _, t = coroutine.resume(a) return {t[1], t[2]}
--- resume of the dead
--> [null,"cannot resume dead coroutine"]
local c = coroutine.create(function() end) coroutine.resume(c) return {coroutine.resume(c)}
--- wrap of what is no function
--> -ERR user_script:1: bad argument #1 to 'wrap' (Lua function expected)
return coroutine.wrap(1)
--- wrap of a library function
--> -ERR user_script:1: bad argument #1 to 'wrap' (Lua function expected)
return coroutine.wrap(redis.call)
--- coroutines that call commands
--> -LIMIT commands | -LIMIT time
local c = coroutine.wrap(function() while true do coroutine.yield(redis.call('INCR', 'n')) end end) while true do c() end
--- many values through yield
--> -LIMIT | -ERR
local n = {} for i = 1, 7000 do n[i] = i end
local c = coroutine.wrap(function(...) while true do coroutine.yield(...) end end) while true do c(unpack(n)) end
--- too many values through resume
--> -ERR user_script:2: too many arguments to resume
local n = {} for i = 1, 250000 do n[i] = i end
return coroutine.resume(coroutine.create(function(...) return ... end), unpack(n))
--- coroutines that resume each other in turn
--> -LIMIT time
local a, b
a = coroutine.create(function() while true do coroutine.yield() end end)
b = coroutine.create(function() while true do coroutine.resume(a) coroutine.yield() end end)
while true do coroutine.resume(b) end
--- a limit within a coroutine is the script's
--> -LIMIT instructions the script exceeded its limit of 50000 instructions
#!lua instruction-limit=50000
while true do coroutine.resume(coroutine.create(function() for i = 1, 1000 do end end)) end
