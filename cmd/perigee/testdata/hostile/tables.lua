--- sort with a comparison that is always true
--> -ERR user_script:1: invalid order function for sorting
local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return true end)
--- sort with a comparison that is always false
--> 1
local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return false end) return 1
--- sort with a comparison that is random
--> -ERR user_script:1: invalid order function for sorting | 1
local t = {} for i = 1, 1000 do t[i] = i end table.sort(t, function() return math.random() < 0.5 end) return 1
--- sort with a comparison that fails
--> -ERR user_script:1: x
table.sort({3, 2, 1}, function() error('x') end)
--- sort with a comparison that never ends
--> -LIMIT time
table.sort({3, 2, 1}, function() while true do end end)
--- sort with a comparison that sorts
--> -LIMIT time | -ERR
local t = {3, 2, 1} local function f(a, b) table.sort(t, f) return a < b end table.sort(t, f)
--- sort with a comparison that empties the table
--> 1
local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function(a, b) for i = 1, 100 do t[i] = nil end return a > b end) return 1
--- sort with a comparison that grows the table
--> -LIMIT memory | 1 | -LIMIT time
local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function(a, b) for i = 1, 10000 do t[#t + 1] = 0 end return a > b end) return 1
--- sort of values that do not compare
--> -ERR
table.sort({1, 'x', {}, true})
--- sort of NaN
--> 1
local t = {} for i = 1, 1000 do t[i] = 0 / 0 end table.sort(t) return 1
--- sort of long texts
--> -LIMIT time | 1
local t, s = {}, ('x'):rep(1000000) for i = 1, 20 do t[i] = s .. i end for i = 1, 1e9 do table.sort(t, function(a, b) return a > b end) end return 1
--- sort without end
--> -LIMIT time
local t = {} for i = 1, 20000 do t[i] = (i * 7919) % 20011 end while true do table.sort(t) table.sort(t, function(a, b) return a > b end) end
--- sort of what quicksort is bad at
--> -LIMIT time | 1
local t = {} for i = 1, 200000 do t[i] = i % 2 end table.sort(t) return 1
--- unpack of more than a stack holds
--> -ERR user_script:1: too many results to unpack
return unpack({}, 1, 1e8)
--- unpack over the whole range
--> null | -ERR user_script:1: too many results to unpack
return unpack({}, -2^62, 2^62)
--- unpack of many, again and again
--> -LIMIT time | -LIMIT memory
local n = {} for i = 1, 7000 do n[i] = i end while true do select('#', unpack(n)) end
--- unpack of many into a call without end
--> -LIMIT | -ERR
local n = {} for i = 1, 200000 do n[i] = i end local function f(...) return f(...) end f(unpack(n))
--- select from many
--> -LIMIT | -ERR
local function f(...) for i = 1, 1e9 do local x = select(i % 1000 + 1, ...) end end f(unpack((function() local t = {} for i = 1, 7000 do t[i] = i end return t end)()))
--- varargs through string.char
--> -LIMIT | -ERR
local n = {} for i = 1, 200000 do n[i] = 65 end while true do local s = string.char(unpack(n)) end
--- varargs through math.max
--> -LIMIT time | -LIMIT memory
local n = {} for i = 1, 7000 do n[i] = i end while true do math.max(unpack(n)) end
--- length of a table that was emptied
--> -LIMIT time
local t = {} for i = 1, 200000 do t[i] = 1 end for i = 200000, 1, -1 do t[i] = nil end local n = 0 while true do n = n + #t end
--- next in a table that was emptied
--> -LIMIT time
local t = {} for i = 1, 50000 do t['k' .. i] = 1 end for k in pairs(t) do t[k] = nil end while true do next(t) end
--- next that grows
--> -LIMIT | -ERR
local t = {a = 1} for k, v in pairs(t) do t[k .. 'a'] = 1 end
--- next with a key that is not there
--> -ERR | null
return next({}, 'x')
--- insert at the front without end
--> -LIMIT time | -LIMIT memory
local t = {} while true do table.insert(t, 1, 'x') end
--- insert far below the front
--> 1 | -ERR user_script:1:
local t = {} for i = 1, 100 do t[i] = i end table.insert(t, -2^53, 1) return 1
--- remove from the front without end
--> -LIMIT time
local t = {} while true do for i = 1, 1000 do t[i] = i end for i = 1, 1000 do table.remove(t, 1) end end
--- concat over the whole range
--> -ERR user_script:1: invalid value (nil) at index
return table.concat({}, '', -2^53, 2^53)
--- concat of numbers without end
--> -LIMIT time | -LIMIT memory
local t = {} for i = 1, 10000 do t[i] = i + 0.1 end while true do table.concat(t, ',') end
--- concat up to the largest index
--> -ERR user_script:1: invalid value (nil) at index
return table.concat({}, '', 2^63 - 1024, 2^63)
--- maxn of many keys
--> -LIMIT time | -LIMIT memory
local t = {} for i = 1, 50000 do t[-i] = i end while true do table.maxn(t) end
--- foreach without end
--> -LIMIT time | -LIMIT memory
local t = {a = 1} table.foreach(t, function(k) t[k .. 'a'] = 1 end) while true do table.foreach(t, function() end) end
--- foreachi that fails
--> -ERR user_script:1: x
table.foreachi({1}, function() error('x') end)
--- setn
--> -ERR user_script:1: 'setn' is obsolete
table.setn({}, 1e9)
--- keys that are long texts
--> -LIMIT time | -LIMIT memory
local t, s = {}, ('x'):rep(1000000) while true do t[s] = 1 local x = t[s] end
--- texts that are long and alike
--> -LIMIT time
local a = ('x'):rep(8000000) local b = a:sub(1, -2) .. 'x' local n = 0 while true do if a == b then n = n + 1 end end
--- texts that are long and compared
--> -LIMIT time
local a = ('x'):rep(8000000) local b = a:sub(1, -2) .. 'y' local n = 0 while true do if a < b then n = n + 1 end end
--- tonumber of a long text
--> -LIMIT time
local s = ('1'):rep(1000000) while true do tonumber(s) end
--- tonumber of a long text in a base
--> -LIMIT time
local s = ('1'):rep(1000000) while true do tonumber(s, 2) end
--- tonumber of blanks
--> -LIMIT time
local s = (' '):rep(4000000) while true do tonumber(s) end
--- arithmetic on long texts
--> -LIMIT time
local s = ('0'):rep(1000000) .. '1' while true do local x = s + s end
--- upper of a long text
--> -LIMIT time | -LIMIT memory
local s = ('x'):rep(8000000) while true do s:upper() end
--- reverse of a long text
--> -LIMIT time | -LIMIT memory
local s = ('x'):rep(8000000) while true do s:reverse() end
--- SHA-1 of a long text
--> -LIMIT time
local s = ('x'):rep(8000000) while true do redis.sha1hex(s) end
--- a length that is negative
--> ""
return ('x'):rep(-2^53)
--- numbers at the ends of what they may be
--> ["inf","-inf","nan","0"]
local function n(x) return (tostring(x):gsub('^-nan', 'nan')) end return {n(1e309), n(-1e309), n(0 / 0), n(-0 + 0)}
--- a loop of numbers that does not move
--> -LIMIT time
for i = 1, 2, 0 do end for i = 2^53, 2^53 + 2 do end
--- a loop of numbers that is NaN
--> 1
for i = 0 / 0, 1 do error('x') end for i = 1, 0 / 0 do error('x') end return 1
--- an index that is NaN
--> -ERR user_script:1:
local t = {} t[0 / 0] = 1
--- an index that is nil
--> -ERR user_script:1:
local t = {} t[nil] = 1
--- modulo of what is infinite
--> 1
local x = 1e308 * 10 % 3, 5 % (1e308 * 10), 5 % 0 return 1
