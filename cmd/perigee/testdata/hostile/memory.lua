--- doubling by concatenation
--> -LIMIT memory | -LIMIT time
local s = 'x' while true do s = s .. s end
--- doubling by concatenation, caught again and again
--> -LIMIT memory | -LIMIT time
while true do pcall(function() local s = 'x' while true do s = s .. s end end) end
--- concatenation of a growing string
--> -LIMIT memory | -LIMIT time
local s = ('x'):rep(1000000) while true do s = s .. ('y'):rep(1000000) end
--- concatenation of many operands
--> -LIMIT memory | -LIMIT time
local s = ('x'):rep(1000000) while true do s = s .. s .. s .. s .. s .. s .. s .. s end
--- a chain of concatenations that is longer than the registers
--> -LIMIT memory | -LIMIT time
local a = ('x'):rep(400000) return #(a<<repeat 190 "..a">>)
--- concatenation that keeps every step
--> -LIMIT memory | -LIMIT time
local t, s = {}, 'x' while true do s = s .. 'x' t[#t + 1] = s end
--- string.rep of too much at once
--> -LIMIT memory | -LIMIT time
return #string.rep('x', 400000000)
--- string.rep beyond what a string may be
--> -ERR user_script:1: string length overflow
return #string.rep('x', 1e9)
--- string.rep beyond what a number may be
--> 0 | -ERR user_script:1: string length overflow
return #string.rep('xxxxxxxx', 2^61)
--- string.rep of string.rep
--> -LIMIT memory | -LIMIT time
local s = 'x' while true do s = s:rep(10) end
--- strings of string.rep kept in a table
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(i) end
--- string.format with texts
--> -LIMIT memory | -LIMIT time
local s = 'x' while true do s = string.format('%s%s', s, s) end
--- string.format with a wide field
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = string.format('%099d', i) end
--- string.format with a width that C has no room for
--> -ERR user_script:1: invalid format (width or precision too long)
return string.format('%1000000000d', 1)
--- string.format with quotes
--> -LIMIT memory | -LIMIT time
local s = '"\\\0' while true do s = string.format('%q', s) end
--- string.char of many
--> -LIMIT memory | -LIMIT time
local n = {} for i = 1, 7000 do n[i] = 65 end
local t = {} for i = 1, 1e9 do t[i] = string.char(unpack(n)) end
--- string.byte of many
--> -ERR user_script:1: stack overflow (string slice too long)
return string.byte(('x'):rep(1000000), 1, -1)
--- string.byte into tables
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(7000), {} for i = 1, 1e9 do t[i] = {string.byte(s, 1, -1)} end
--- string.upper kept
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 1e9 do t[i] = s:upper() end
--- string.reverse kept
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 1e9 do t[i] = s:reverse() end
--- gsub that doubles
--> -LIMIT
local s = 'x' while true do s = s:gsub('.', '%0%0') end
--- gsub that squares
--> -LIMIT
local s = ('x'):rep(20000) return #s:gsub('x', s)
--- gsub with a table that amplifies
--> -LIMIT
local s = ('x'):rep(20000) return #s:gsub('x', {x = s})
--- gsub with a function that amplifies
--> -LIMIT
local s = ('x'):rep(20000) return #s:gsub('x', function() return s end)
--- gsub that amplifies its captures
--> -LIMIT
local s = ('x'):rep(20000) return #s:gsub('()(x)', ('%2%2%2%2'):rep(2000))
--- table.concat that doubles
--> -LIMIT memory | -LIMIT time
local s = 'x' while true do s = table.concat({s, s, s, s}, s) end
--- table.concat with a long separator
--> -ERR user_script:1: string length overflow
local t = {} for i = 1, 1000 do t[i] = '' end return #table.concat(t, ('x'):rep(1000000))
--- table.concat of one string many times
--> -ERR user_script:1: string length overflow
local t, s = {}, ('x'):rep(1000000) for i = 1, 1000 do t[i] = s end return #table.concat(t)
--- an array without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = i end
--- an array without end by table.insert
--> -LIMIT memory | -LIMIT time
local t = {} while true do table.insert(t, 1) end
--- an array that begins far out
--> -LIMIT memory | -LIMIT time
local t = {} t[60000000] = 1
--- an array that begins far out, by rawset
--> -LIMIT memory | -LIMIT time
local t = {} rawset(t, 60000000, 1)
--- an array that begins far out, by table.insert
--> -LIMIT memory | -LIMIT time
local t = {} table.insert(t, 60000000, 1)
--- arrays that begin far out, one after another
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do local u = {} u[1000000] = 1 t[i] = u end
--- an array that begins far out, by a constructor
--> -LIMIT memory | -LIMIT time
local t = {[60000000] = 1}
--- a hash of numbers without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[-i] = true end
--- a hash of texts without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t['k' .. i] = true end
--- a hash of tables without end
--> -LIMIT memory | -LIMIT time
local t = {} while true do t[{}] = {} end
--- a hash of fractions without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i + 0.5] = true end
--- a hash of long texts
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[('x'):rep(10000) .. i] = i end
--- tables within tables
--> -LIMIT memory | -LIMIT time
local t = {} while true do t = {t} end
--- tables within tables, by fields
--> -LIMIT memory | -LIMIT time
local t = {} while true do t = {a = t, b = {}, c = {1, 2, 3}} end
--- empty tables in an array
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = {} end
--- tables with room for many items
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = {<<repeat 400 "nil,">>} end
--- tables of varargs
--> -LIMIT memory | -LIMIT time
local n = {} for i = 1, 7000 do n[i] = i end
local function pack(...) return {...} end
local t = {} for i = 1, 1e9 do t[i] = pack(unpack(n)) end
--- tables of varargs that were made once
--> -LIMIT memory | -LIMIT time
local n = {} for i = 1, 7000 do n[i] = i end
local function keep(...) local t = {} for i = 1, 1e9 do t[i] = {...} end end
keep(unpack(n))
--- closures without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = function() return i end end
--- closures that hold each other
--> -LIMIT memory | -LIMIT time
local f = function() end while true do local g = f f = function() return g end end
--- closures with many upvalues
--> -LIMIT memory | -LIMIT time
local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8
local t = {} for i = 1, 1e9 do local x, y, z = {}, {}, {} t[i] = function() return x, y, z, a, b, c, d, e, f, g, h end end
--- numbers in boxes without end
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[#t + 1] = i * 1.1 end
--- a string for each number
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = tostring(i) end
--- garbage only
--> -LIMIT time
while true do local t = {1, 2, 3} t.a = 'x' .. #t end
--- much garbage of strings only
--> -LIMIT time
while true do local s = ('x'):rep(1000000) end
--- substrings that hold the whole
--> -LIMIT memory | -LIMIT time
local t = {} for i = 1, 1e9 do t[i] = (('x'):rep(1000000) .. i):sub(1, 2) end
--- loaded functions without end
--> -LIMIT
local t = {} for i = 1, 1e9 do t[i] = loadstring('return ' .. i) end
--- a loaded source that grows
--> -LIMIT
local s = 'x = 1 ' while true do s = s .. s loadstring(s) end
--- a source that load reads without end
--> -LIMIT memory | "source is too long
local s = ('x'):rep(10000) local f, why = load(function() return s end) return why
--- replies of commands without end
--> -LIMIT
redis.call('RPUSH', 'l', unpack((function() local t = {} for i = 1, 5000 do t[i] = 'a text that is not that short ' .. i end return t end)()))
local t = {} for i = 1, 1e9 do t[i] = redis.call('LRANGE', 'l', 0, -1) end
--- one reply that is larger than its list
--> -LIMIT memory | -LIMIT time
redis.call('RPUSH', 'l', unpack((function() local t = {} for i = 1, 7000 do t[i] = i end return t end)()))
local gets = {} for i = 1, 1000 do gets[i] = 'GET' gets[#gets + 1] = 'x' end
for i = 1, 1000 do gets[2 * i - 1], gets[2 * i] = 'GET', '#' end
return redis.call('SORT', 'l', unpack(gets))
--- replies of commands, in texts
--> -LIMIT memory | -LIMIT time
redis.call('SET', 'k', ('x'):rep(1000000)) local t = {} for i = 1, 1e9 do t[i] = redis.call('GET', 'k') end
--- replies of ranges
--> -LIMIT memory | -LIMIT time
redis.call('SET', 'k', ('x'):rep(1000000)) local t = {} for i = 1, 1e9 do t[i] = redis.call('GETRANGE', 'k', i % 10, -1) end
--- arguments that are copied
--> -LIMIT
local s, t = ('x'):rep(1000000), {} for i = 1, 1e9 do t[i] = redis.call('ECHO', s .. i) end
--- errors that are kept
--> -LIMIT memory | -LIMIT time
local t, s = {}, ('x'):rep(100000) for i = 1, 1e9 do t[i] = {pcall(error, s .. i)} end
--- status replies that are kept
--> -LIMIT memory | -LIMIT time
local t, s = {}, ('x'):rep(100000) for i = 1, 1e9 do t[i] = redis.status_reply(s .. i) end
--- copies of ARGV
--> -LIMIT memory | -LIMIT time
ARGV[1] = ('x'):rep(1000000)
local t = {} for i = 1, 1e9 do local c = {} for k, v in ipairs(ARGV) do c[k] = v .. i end t[i] = c end
--- KEYS without end
--> -LIMIT memory | -LIMIT time
for i = 1, 1e9 do KEYS[i] = 'x' .. i end
--- a deep stack
--> -ERR user_script:1: stack overflow
local function f(...) return 1 + f(1, 2, 3, ...) end f()
--- a deep stack of many values
--> -LIMIT memory | -ERR user_script:2: stack overflow
local n = {} for i = 1, 7000 do n[i] = i end
local function f() local a = {unpack(n)} return f() + #a end
f()
--- a stack of varargs that double
--> -LIMIT | -ERR
local function f(...) return f(..., ...) end
local n = {} for i = 1, 7000 do n[i] = i end
f(unpack(n))
--- weak tables do not help
--> -LIMIT memory | -LIMIT time
local t = setmetatable({}, {__mode = 'kv'}) for i = 1, 1e9 do t[i] = ('x'):rep(10000) .. i end
--- collecting does not help
--> -LIMIT memory | -LIMIT time
collectgarbage('stop') local t = {} for i = 1, 1e9 do t[i] = {i} if i % 1000 == 0 then collectgarbage() end end
--- a limit of its own
--> -LIMIT memory the script exceeded its limit of 2000000 bytes
#!lua memory-limit=2000000
local s = 'x' while true do s = s .. s end
--- gsub that amplifies all of its subject
--> -LIMIT memory | -LIMIT time
return #('x'):rep(50000):gsub('.*', ('%0'):rep(30000))
--- gsub that amplifies a capture
--> -LIMIT memory | -LIMIT time
return #('x'):rep(50000):gsub('(.*)', ('%1'):rep(30000))
--- one text many times in the log
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 400 do t[i] = s end redis.log(redis.LOG_DEBUG, unpack(t))
