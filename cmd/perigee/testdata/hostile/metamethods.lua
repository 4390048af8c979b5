--- __index that never ends
--> -LIMIT time
local t = setmetatable({}, {__index = function() while true do end end}) return t.x
--- __index that reads itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__index = function(_, k) return t[k] end}) return t.x
--- __index in a circle of tables
--> -ERR user_script:1: loop in gettable
local a, b = {}, {} setmetatable(a, {__index = b}) setmetatable(b, {__index = a}) return a.x
--- __index to itself
--> -ERR user_script:1: loop in gettable
local a = {} setmetatable(a, {__index = a}) return a.x
--- __index in a long chain
--> -LIMIT memory | -ERR user_script:1: loop in gettable
local t = {} for i = 1, 100000 do t = setmetatable({}, {__index = t}) end return t.x
--- __index of a metatable that has one
--> -ERR user_script:1: Script attempted | null
local m = {} m.__index = setmetatable({}, {__index = function() return m.__index.y end}) return nil
--- __newindex that never ends
--> -LIMIT time
local t = setmetatable({}, {__newindex = function() while true do end end}) t.x = 1
--- __newindex that writes itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__newindex = function(_, k, v) t[k] = v end}) t.x = 1
--- __newindex in a circle of tables
--> -ERR user_script:1: loop in settable
local a, b = {}, {} setmetatable(a, {__newindex = b}) setmetatable(b, {__newindex = a}) a.x = 1
--- __newindex to itself
--> -ERR user_script:1: loop in settable
local a = {} setmetatable(a, {__newindex = a}) a.x = 1
--- __newindex that hides memory
--> -LIMIT memory
local kept = {} local t = setmetatable({}, {__newindex = function(_, k, v) kept[#kept + 1] = v end})
for i = 1, 1e9 do t.x = ('x'):rep(10000) .. i end
--- __call that calls itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__call = function() return 1 + t() end}) return t()
--- __call that is a table that can be called
--> -ERR
local a = setmetatable({}, {__call = setmetatable({}, {__call = function() return 1 end})}) return a()
--- __call of a chain that never ends
--> -ERR
local t = {} setmetatable(t, {__call = t}) return t()
--- __call that never ends, by tail calls
--> -LIMIT time
local t t = setmetatable({}, {__call = function() return t() end}) return t()
--- __concat that concatenates itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__concat = function() return t .. 'x' end}) return t .. 'x'
--- __concat that doubles
--> -LIMIT memory
local s = 'x' local t = setmetatable({}, {__concat = function() s = s .. s return s end}) while true do local x = t .. t end
--- __concat that never ends
--> -LIMIT time
local t = setmetatable({}, {__concat = function() while true do end end}) return t .. t
--- __eq that compares itself
--> -ERR stack overflow | -ERR user_script:
local m = {} m.__eq = function(a, b) return a == b end local a, b = setmetatable({}, m), setmetatable({}, m) return a == b
--- __lt that compares itself
--> -ERR stack overflow | -ERR user_script:
local m = {} m.__lt = function(a, b) return a < b end local a, b = setmetatable({}, m), setmetatable({}, m) return a < b
--- __le that compares itself
--> -ERR stack overflow | -ERR user_script:
local m = {} m.__le = function(a, b) return a <= b end local a, b = setmetatable({}, m), setmetatable({}, m) return a <= b
--- __le by way of __lt
--> -ERR stack overflow | -ERR user_script:
local m = {} m.__lt = function(a, b) return b <= a end local a, b = setmetatable({}, m), setmetatable({}, m) return a <= b
--- __unm that negates itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__unm = function(a) return -a end}) return -t
--- __add that adds itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__add = function(a, b) return a + b end}) return t + 1
--- __mod, __pow and __div in a circle
--> -ERR stack overflow | -ERR user_script:
local m = {} local t = setmetatable({}, m)
m.__mod = function(a, b) return a ^ b end m.__pow = function(a, b) return a / b end m.__div = function(a, b) return a % b end
return t % 1
--- __len that never ends
--> 0 | -LIMIT time
local t = setmetatable({}, {__len = function() while true do end end}) return #t
--- __tostring that shows itself
--> -ERR stack overflow | -ERR user_script:
local t t = setmetatable({}, {__tostring = function() return tostring(t) end}) return tostring(t)
--- __tostring that never ends
--> -LIMIT time
local t = setmetatable({}, {__tostring = function() while true do end end}) return tostring(t)
--- __tostring that gives no text
--> []
local t = setmetatable({}, {__tostring = function() return {} end}) return tostring(t)
--- __tostring of an error that never ends
--> -ERR unknown error
error(setmetatable({}, {__tostring = function() while true do end end}))
--- __index of an error that never ends
--> -LIMIT time
return pcall(error, setmetatable({}, {__index = function() while true do end end}))
--- __index of a reply that never ends
--> []
return setmetatable({}, {__index = function() while true do end end})
--- __gc is not called
--> 1
for i = 1, 10000 do setmetatable({}, {__gc = function() while true do end end}) end collectgarbage() return 1
--- __mode changes nothing
--> 1
local t = setmetatable({}, {__mode = 'k'}) t[{}] = 1 collectgarbage() return 1
--- __metatable guards
--> -ERR user_script:1: cannot change a protected metatable
local t = setmetatable({}, {__metatable = 'x'}) setmetatable(t, {})
--- __metatable that is odd
--> "function"
return type(getmetatable(setmetatable({}, {__metatable = function() end})))
--- __pairs and __ipairs are not asked
--> 1
local t = setmetatable({1}, {__pairs = function() while true do end end, __ipairs = function() while true do end end})
for k in pairs(t) do end for k in ipairs(t) do end return 1
--- metatables that are their own
--> -ERR user_script:1: loop in gettable
local t = {} setmetatable(t, t) t.__index = t return t.x
--- metamethods that are no functions
--> -ERR user_script:1:
local t = setmetatable({}, {__add = 1}) return t + 1
--- metamethods that replace themselves
--> -ERR stack overflow | -ERR user_script:
local m = {} m.__index = function(t, k) m.__index = function(t, k) return t[k] end return t[k] end return setmetatable({}, m).x
--- metamethods in pcall after the end
--> -LIMIT time
local t = setmetatable({}, {__index = function() while true do end end}) while true do pcall(function() return t.x end) end
