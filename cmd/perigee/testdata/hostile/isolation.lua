--- a global
--> -ERR user_script:1: Attempt to modify a readonly table
x = 1
--- a global function
--> -ERR user_script:1: Attempt to modify a readonly table
function f() end
--- a global by _G
--> -ERR user_script:1: Attempt to modify a readonly table
_G.x = 1
--- a global by rawset
--> -ERR Attempt to modify a readonly table
rawset(_G, 'x', 1)
--- a library's function
--> -ERR user_script:1: Attempt to modify a readonly table
string.rep = function() return 'mine' end
--- a library's function by rawset
--> -ERR Attempt to modify a readonly table
rawset(string, 'rep', 1)
--- a library by name
--> -ERR user_script:1: Attempt to modify a readonly table
redis = {}
--- redis.call
--> -ERR user_script:1: Attempt to modify a readonly table
redis.call = function() return 'mine' end
--- the metatable of texts
--> -ERR user_script:1: Attempt to modify a readonly table
getmetatable('').__index = function() return 'mine' end
--- the metatable of texts, by rawset
--> -ERR Attempt to modify a readonly table
rawset(getmetatable(''), '__add', function() return 'mine' end)
--- the metatable of texts, by its index
--> -ERR user_script:1: Attempt to modify a readonly table
getmetatable('').__index.upper = 1
--- a metatable for globals
--> -ERR Attempt to modify a readonly table
setmetatable(_G, {__index = function() return 'mine' end})
--- the metatable of globals
--> 1
local m = getmetatable(_G) if m then pcall(rawset, m, '__index', nil) pcall(function() m.__index = nil end) end return 1
--- a metatable for a library
--> -ERR Attempt to modify a readonly table
setmetatable(string, {})
--- a metatable for a text
--> -ERR user_script:1: bad argument #1 to 'setmetatable' (table expected, got string)
setmetatable('x', {})
--- library tables through table functions
--> 1
for _, t in ipairs({_G, string, table, math, redis, cjson, cmsgpack, struct, bit, coroutine, os, perigee}) do
	for _, f in ipairs({table.insert, table.remove, rawset, setmetatable}) do
		if pcall(f, t, 1, 2) and next(t) == nil then return 'changed' end
	end
	pcall(table.insert, t, 'x') pcall(table.sort, t) pcall(setmetatable, t, nil)
	for k in pairs(t) do pcall(rawset, t, k, nil) pcall(function() t[k] = nil end) end
end
return 1
--- KEYS by name
--> -ERR user_script:1: Attempt to modify a readonly table
KEYS = {'x'}
--- KEYS and ARGV that are filled
--> 1
KEYS[1], KEYS.x, ARGV[1], ARGV.x = 'x', 'x', 'x', 'x' setmetatable(KEYS, {__index = function() return 'x' end}) return 1
--- getfenv
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'getfenv'
return getfenv(1)
--- setfenv
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'setfenv'
return setfenv(1, {})
--- debug
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'debug'
return debug.getregistry()
--- newproxy
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'newproxy'
return newproxy(true)
--- dofile
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'dofile'
return dofile('/etc/passwd')
--- loadfile
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'loadfile'
return loadfile('/etc/passwd')
--- require
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'require'
return require('os')
--- io
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'io'
return io.open('/etc/passwd')
--- os.execute
--> -ERR user_script:1: attempt to call field 'execute' (a nil value)
return os.execute('true')
--- os.exit
--> -ERR user_script:1: attempt to call field 'exit' (a nil value)
return os.exit(1)
--- print
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'print'
print('x')
--- package
--> -ERR user_script:1: Script attempted to access nonexistent global variable 'package'
return package.loaded
--- a loaded function that sets a global
--> -ERR [string "x = 1"]:1: Attempt to modify a readonly table
loadstring('x = 1')()
--- a loaded function with an odd name
--> -ERR
return loadstring('error(1)', ('@x\r\n+OK'):rep(1000))()
--- string.dump
--> -ERR
return loadstring(string.dump(function() return 1 end))()
--- the seed of random numbers
--> 1
math.randomseed(42) math.random() return 1
--- the seed of random numbers, with odd values
--> 1
for _, x in ipairs({0 / 0, 1 / 0, -1 / 0, 2^63, -1}) do pcall(math.randomseed, x) end return 1
--- random numbers out of range
--> -ERR user_script:1: bad argument #1 to 'random' (interval is empty)
return math.random(0)
--- the version of the protocol
--> 1
redis.setresp(3) return 1
--- the version of the protocol, after an end
--> -LIMIT time
redis.setresp(3) while true do end
--- a version of the protocol that is none
--> -ERR RESP version must be 2 or 3.
redis.setresp(4)
--- cjson.null
--> 1
pcall(setmetatable, cjson.null, {}) pcall(function() cjson.null.x = 1 end) pcall(rawset, cjson.null, 1, 1) return 1
--- the metatable of arrays of cjson
--> 1
cjson.decode_array_with_array_mt(true) local m = getmetatable(cjson.decode('[]'))
if m then pcall(rawset, m, '__index', function() return 'x' end) pcall(function() m.__index = 1 end) end return 1
--- functions in what is shared
--> -ERR
table.insert(redis, function() return 'mine' end)
--- a database that is selected
--> 1
redis.call('SELECT', 5) return 1
--- functions that are registered outside
--> -ERR user_script:1: attempt to call field 'register_function' (a nil value)
redis.register_function('f', function() end)
--- the collector
--> 1
collectgarbage('stop') collectgarbage('setpause', 1000) collectgarbage('setstepmul', 1) collectgarbage('generational' == 1 and 'x' or 'collect') return 1
--- the collector with an odd option
--> -ERR user_script:1: bad argument #1 to 'collectgarbage' (invalid option 'x')
collectgarbage('x')
--- the collector without end
--> -LIMIT time
while true do collectgarbage() end
--- tables of a reply that are kept until the next script
--> 1
local t = redis.call('TIME') t[1], t.x = 'mine', 'mine' setmetatable(t, {__index = function() return 'mine' end}) return 1
--- a table of an error that is changed
--> 1
local e = redis.pcall('NOSUCH') e.err = 'mine' setmetatable(e, {__index = function() return 'mine' end}) return 1
--- a coroutine that is left behind
--> 1
local c = coroutine.wrap(function() redis.call('PING') coroutine.yield() error('x') end) c() return 1
--- a metatable for functions
--> -ERR user_script:1: bad argument #1 to 'setmetatable' (table expected, got function)
setmetatable(function() end, {})
--- __index of nil
--> -ERR user_script:1: attempt to index
local x = nil return x.y
