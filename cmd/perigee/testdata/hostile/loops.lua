--- while
--> -LIMIT time
while true do end
--- repeat
--> -LIMIT time
repeat until false
--- for
--> -LIMIT time
for i = 1, 1e18 do end
--- for without a step that ends it
--> -LIMIT time
for i = 1, 1 / 0 do end
--- for in
--> -LIMIT time
for i in function() return 1 end do end
--- for in over next of nothing that ends
--> -LIMIT time
local t = {1} for k in function() return next(t) end do end
--- tail calls
--> -LIMIT time
local function f() return f() end f()
--- tail calls in turn
--> -LIMIT time
local f, g f = function() return g() end g = function() return f() end f()
--- calls and returns
--> -LIMIT time
local function f() end while true do f() end
--- fib
--> -LIMIT time
local function fib(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end return fib(100)
--- pcall
--> -LIMIT time
while true do pcall(function() while true do end end) end
--- pcall within pcall
--> -LIMIT time
while true do pcall(pcall, pcall, function() while true do end end) end
--- xpcall
--> -LIMIT time
while true do xpcall(function() while true do end end, function() while true do end end) end
--- atomic
--> -LIMIT time
while true do perigee.atomic(function() while true do end end) end
--- a loaded function
--> -LIMIT time
loadstring('while true do end')()
--- a reader of load
--> -LIMIT
return load(function() while true do end end)
--- tostring
--> -LIMIT time
while true do tostring(1.5) end
--- string methods
--> -LIMIT time
while true do local s = ('x'):upper():lower():sub(1, 1):byte() end
--- string.format
--> -LIMIT time
while true do string.format('%5.2f %s %d %q', 1.5, 'x', 1, 'y') end
--- string.format of a long text
--> -LIMIT time | -LIMIT memory
local s = ('x'):rep(4000000) while true do string.format('%s', s) end
--- string.format with a long format
--> -LIMIT time | -LIMIT memory
local s = ('%%'):rep(2000000) while true do string.format(s) end
--- substrings
--> -LIMIT time
local s = ('x'):rep(1000000) while true do s:sub(2, -2) end
--- math
--> -LIMIT time
while true do math.sin(math.random()) end
--- os.clock
--> -LIMIT time
while os.clock() < 1e9 do end
--- an iterator in a coroutine
--> -LIMIT time
for i in coroutine.wrap(function() while true do coroutine.yield(1) end end) do end
--- arithmetic on texts
--> -LIMIT time
while true do local x = '1' + '2' * '0x10' end
--- comparison of texts
--> -LIMIT time
while true do local x = 'a' < 'b' end
--- instructions of a limit of its own
--> -LIMIT instructions the script exceeded its limit of 1000000 instructions
#!lua instruction-limit=1000000
while true do end
--- time of a limit of its own
--> -LIMIT time the script exceeded its limit of 20 milliseconds
#!lua time-limit=20
while true do end
--- a limit that would be higher
--> -LIMIT time the script exceeded its limit of 100 milliseconds
#!lua time-limit=100000
while true do end
--- writes before the end
--> -LIMIT time
redis.call('SET', 'k', 1) redis.call('PUBLISH', 'c', 'm') redis.call('EXPIRE', 'k', 100) while true do end
