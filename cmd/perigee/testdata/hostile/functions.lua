--- a body that never ends
--> -ERR Error registering functions: ERR FUNCTION LOAD timeout
#!lua name=lib
while true do end
--- a body that never ends, caught
--> -ERR Error registering functions: ERR user_function:2: Script attempted to access nonexistent global variable 'pcall'
#!lua name=lib
while true do pcall(function() while true do end end) end
--- a body that grows
--> -ERR Error registering functions: memory
#!lua name=lib
local s = 'x' while true do s = s .. s end
--- a body that calls commands
--> -ERR Error registering functions:
#!lua name=lib
redis.call('SET', 'k', 1)
--- a body that registers without end
--> -ERR Error registering functions:
#!lua name=lib
for i = 1, 1e9 do redis.register_function('f' .. i, function() end) end
--- a body that sets a global
--> -ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table
#!lua name=lib
x = 1
--- a body that does not compile
--> -ERR Error compiling function: user_function:2: chunk has too many syntax levels
#!lua name=lib
return <<repeat 100000 "(">>
--- a function that never ends
--> -LIMIT time
#!lua name=lib
redis.register_function('f', function() while true do end end)
--- a function that grows
--> -LIMIT memory
#!lua name=lib
redis.register_function('f', function() local s = 'x' while true do s = s .. s end end)
--- a function that keeps what it grows
--> -LIMIT memory
#!lua name=lib
local kept = {} redis.register_function('f', function() for i = 1, 1e9 do kept[#kept + 1] = ('x'):rep(10000) .. i end end)
--- a function that calls a function
--> -ERR This Redis command is not allowed from script
#!lua name=lib
redis.register_function('f', function() return redis.call('FCALL', 'f', 0) end)
--- a function that registers
--> -ERR user_function:2: attempt to call field 'register_function' (a nil value)
#!lua name=lib
redis.register_function('f', function() redis.register_function('g', function() end) end)
--- a function with limits of its library
--> -LIMIT commands the script exceeded its limit of 10 commands
#!lua name=lib command-limit=10
redis.register_function('f', function() while true do redis.pcall('INCR', 'n') end end)
