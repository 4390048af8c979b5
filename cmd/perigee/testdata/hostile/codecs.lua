--- cjson.encode of a table in itself
--> -ERR user_script:1: Cannot serialise, excessive nesting (1001)
local t = {} t.t = t return cjson.encode(t)
--- cjson.encode of an array in itself
--> -ERR user_script:1: Cannot serialise, excessive nesting (1001)
local t = {} t[1] = t return cjson.encode(t)
--- cjson.encode of a table in itself, twice
--> -LIMIT | -ERR
local t = {} t[1], t[2] = t, t return cjson.encode(t)
--- cjson.encode of a table in itself with no depth
--> -LIMIT | -ERR
cjson.encode_max_depth(2147483647) local t = {} t[1] = t return cjson.encode(t)
--- cjson.encode of a table in itself with no depth, by fields
--> -LIMIT | -ERR
cjson.encode_max_depth(2147483647) local t = {} t.x = t return cjson.encode(t)
--- cjson.encode of what doubles
--> -LIMIT
local t = {'x'} for i = 1, 40 do t = {t, t} end return #cjson.encode(t)
--- cjson.encode of a long text
--> -LIMIT
local s = ('\1'):rep(4000000) local t = {} for i = 1, 1e9 do t[i] = cjson.encode(s) end
--- cjson.encode of a text within texts
--> -LIMIT
local s = '"' while true do s = cjson.encode(s) end
--- cjson.encode without end
--> -LIMIT time | -LIMIT memory
local t = {} for i = 1, 10000 do t[i] = {a = i, b = 'x' .. i} end while true do cjson.encode(t) end
--- cjson.encode of an array with a hole
--> -ERR user_script:1: Cannot serialise table: excessively sparse array
return cjson.encode({[1] = 1, [1000000000] = 2})
--- cjson.encode of an array with a hole that is allowed
--> -LIMIT
cjson.encode_sparse_array(false, 0) return #cjson.encode({[1] = 1, [1000000000] = 2})
--- cjson.encode of a function
--> -ERR user_script:1: Cannot serialise function: type not supported
return cjson.encode({function() end})
--- cjson.encode of a key that is a table
--> -ERR user_script:1: Cannot serialise table: table key must be a number or string
return cjson.encode({[{}] = 1})
--- cjson.encode of NaN
--> -ERR user_script:1: Cannot serialise number: must not be NaN or Inf
return cjson.encode({0 / 0})
--- cjson.decode of arrays within each other
--> -ERR user_script:1: Found too many nested data structures (1001)
return cjson.decode(('['):rep(100000))
--- cjson.decode of objects within each other
--> -ERR user_script:1: Found too many nested data structures (1001)
return cjson.decode(('{"a":'):rep(100000))
--- cjson.decode with no depth
--> -LIMIT | -ERR
cjson.decode_max_depth(2147483647) return cjson.decode(('['):rep(4000000))
--- cjson.decode of a long array
--> -LIMIT
return #cjson.decode('[' .. ('1,'):rep(8000000) .. '1]')
--- cjson.decode of empty arrays
--> -LIMIT
return #cjson.decode('[' .. ('[],'):rep(4000000) .. '1]')
--- cjson.decode of empty objects without end
--> -LIMIT
local s, t = '[' .. ('{},'):rep(10000) .. '1]', {} for i = 1, 1e9 do t[i] = cjson.decode(s) end
--- cjson.decode of many fields
--> -LIMIT
local p = {} for i = 1, 100000 do p[i] = '"k' .. i .. '":1' end local s, t = '{' .. table.concat(p, ',') .. '}', {} for i = 1, 1e9 do t[i] = cjson.decode(s) end
--- cjson.decode of escapes
--> -LIMIT
local s = '"' .. ('\\u0001'):rep(1000000) .. '"' while true do cjson.decode(s) end
--- cjson.decode of a text that does not end
--> -ERR user_script:1: Expected value but found unexpected end of string at character
return cjson.decode('"' .. ('x'):rep(1000000))
--- cjson.decode of blanks
--> -ERR user_script:1: Expected value but found T_END
return cjson.decode((' '):rep(10000000))
--- cjson.decode of a long number
--> -LIMIT time
local s = ('1'):rep(1000000) while true do cjson.decode(s) end
--- cjson.decode of a number that is none
--> -ERR user_script:1: Expected value but found invalid
return cjson.decode('-')
--- cjson.decode of half a surrogate
--> -ERR user_script:1:
return cjson.decode('"\\ud800\\u"')
--- cjson.decode of nothing
--> -ERR user_script:1: Expected value but found T_END at character 1
return cjson.decode('')
--- cjson settings out of range
--> -ERR user_script:1: bad argument #1 to 'encode_max_depth' (expected integer between 1 and 2147483647)
cjson.encode_max_depth(0)
--- cjson settings that might stay
--> 1
cjson.encode_max_depth(1) cjson.decode_max_depth(1) cjson.encode_number_precision(1) cjson.encode_sparse_array(true, 1, 1)
cjson.encode_invalid_numbers(true) cjson.decode_invalid_numbers(false) cjson.encode_keep_buffer(false) cjson.decode_array_with_array_mt(true) return 1
--- cjson settings that might stay after an end
--> -LIMIT time
cjson.encode_max_depth(1) cjson.encode_number_precision(1) cjson.decode_array_with_array_mt(true) while true do end
--- cjson.new without end
--> -LIMIT
local t = {} while true do t[#t + 1] = cjson.new() end
--- cmsgpack.pack of a table in itself
--> 1
local t = {} t[1] = t return #cmsgpack.pack(t) > 10 and 1
--- cmsgpack.pack of a table in itself, twice
--> -LIMIT | 1
local t = {} for i = 1, 10 do t[i] = t end return #cmsgpack.pack(t) > 10 and 1
--- cmsgpack.pack of what doubles
--> -LIMIT
local t = {('x'):rep(100)} for i = 1, 15 do t = {t, t, t, t, t, t} end return #cmsgpack.pack(t)
--- cmsgpack.pack without end
--> -LIMIT time | -LIMIT memory
local t = {} for i = 1, 10000 do t[i] = {a = i, b = 'x' .. i} end while true do cmsgpack.pack(t) end
--- cmsgpack.pack of many arguments
--> -LIMIT time | -LIMIT memory
local t = {} for i = 1, 7000 do t[i] = i end while true do cmsgpack.pack(unpack(t)) end
--- cmsgpack.pack of a long text
--> -LIMIT
local s, t = ('x'):rep(1000000), {} for i = 1, 1e9 do t[i] = cmsgpack.pack(s) end
--- cmsgpack.unpack of arrays within each other
--> -ERR user_script:1: Bad data format in input.
return cmsgpack.unpack(('\145'):rep(100000))
--- cmsgpack.unpack of maps within each other
--> -ERR user_script:1: Bad data format in input.
return cmsgpack.unpack(('\129\1'):rep(100000))
--- cmsgpack.unpack of an array that says it is huge
--> -ERR user_script:1: Missing bytes in input.
return cmsgpack.unpack('\221\255\255\255\255')
--- cmsgpack.unpack of a map that says it is huge
--> -ERR user_script:1: Missing bytes in input.
return cmsgpack.unpack('\223\255\255\255\255')
--- cmsgpack.unpack of a text that says it is huge
--> -ERR user_script:1: Missing bytes in input.
return cmsgpack.unpack('\219\255\255\255\255x')
--- cmsgpack.unpack of many arrays that say they are huge
--> -ERR user_script:1: Bad data format in input.
return cmsgpack.unpack(('\221\255\255\255\255'):rep(100000))
--- cmsgpack.unpack of nils
--> -LIMIT
return cmsgpack.unpack('\221\0\255\255\255' .. ('\192'):rep(16777215))
--- cmsgpack.unpack of empty arrays
--> -LIMIT
return cmsgpack.unpack('\221\0\64\0\0' .. ('\144'):rep(4194304))
--- cmsgpack.unpack of many values
--> -ERR user_script:1: too many results to unpack
return cmsgpack.unpack(('\1'):rep(1000000))
--- cmsgpack.unpack of what is reserved
--> -ERR user_script:1: Bad data format in input.
return cmsgpack.unpack('\193')
--- cmsgpack.unpack of a key that is nil
--> -ERR
return cmsgpack.unpack('\129\192\1')
--- cmsgpack.unpack of a key that is NaN
--> -ERR
return cmsgpack.unpack('\129\203\127\248\0\0\0\0\0\0\1')
--- cmsgpack.unpack_limit out of range
--> -ERR user_script:1: Invalid request to unpack with offset
return cmsgpack.unpack_limit('\1', -1, -1)
--- cmsgpack.unpack_one beyond the end
--> -ERR user_script:1: Start offset 1000000000 greater than input length 1.
return cmsgpack.unpack_one('\1', 1000000000)
--- struct.pack with an integer that is too wide
--> -ERR user_script:1: integral size 2147483647 is larger than limit of 32
return struct.pack('i2147483647', 1)
--- struct.pack with a size beyond numbers
--> -ERR user_script:1: integral size overflow
return struct.pack('i' .. ('9'):rep(100), 1)
--- struct.pack with an alignment that is none
--> -ERR user_script:1: alignment 3 is not a power of 2
return struct.pack('!3i4', 1)
--- struct.pack with an alignment of zero
--> -ERR user_script:1: alignment 0 is not a power of 2
return struct.pack('!0i4', 1)
--- struct.pack with an alignment that is huge
--> 1
return #struct.pack('!1073741824bi4', 1, 2) > 0 and 1
--- struct.pack with a text that is too short
--> -ERR user_script:1: bad argument #3 to 'pack' (string too short)
return struct.pack('c2147483647', 'x')
--- struct.pack of a long text
--> -LIMIT
local s, t = ('x'):rep(1000000), {} for i = 1, 1e9 do t[i] = struct.pack('s', s) end
--- struct.pack with a long format
--> -ERR user_script:1: bad argument
return struct.pack(('i'):rep(1000000), 1)
--- struct.pack of padding without end
--> -LIMIT time | -LIMIT memory
local f = ('x'):rep(1000000) while true do struct.pack(f) end
--- struct.pack with blanks without end
--> -LIMIT time
local f = (' '):rep(4000000) while true do struct.pack(f) end
--- struct.pack with orders without end
--> -LIMIT time
local f = ('<>'):rep(2000000) while true do struct.pack(f) end
--- struct.size with sizes that overflow
--> -ERR | 1
return struct.size(('c2147483647'):rep(1000)) > 0 and 1
--- struct.size without end
--> -LIMIT time
local f = ('i'):rep(1000000) while true do struct.size(f) end
--- struct.unpack with a size beyond the text
--> -ERR user_script:1: bad argument #2 to 'unpack' (data string too short)
return struct.unpack('c2147483647', 'x')
--- struct.unpack from beyond the text
--> -ERR user_script:1: bad argument #2 to 'unpack' (data string too short)
return struct.unpack('i4', 'xxxx', 2^53)
--- struct.unpack from before the text
--> -ERR user_script:1: bad argument
return struct.unpack('i4', 'xxxx', -2^53)
--- struct.unpack of many values
--> -ERR user_script:1: too many results | -LIMIT
return struct.unpack(('b'):rep(1000000), ('x'):rep(1000000))
--- struct.unpack without a size
--> -ERR user_script:1: format 'c0' needs a previous size
return struct.unpack('c0', 'x')
--- struct.unpack with a size that is odd
--> -ERR user_script:1:
return struct.unpack('dc0', struct.pack('d', 0 / 0) .. 'x')
--- struct.unpack of a text that does not end
--> -ERR user_script:1: unfinished string in data
return struct.unpack('s', ('x'):rep(1000000))
--- struct.unpack with blanks without end
--> -LIMIT time
local f = (' '):rep(4000000) while true do struct.unpack(f, '') end
--- bit operations with odd values
--> 1
for _, x in ipairs({1e308, -1e308, 2^53, -2^53, 0.5, '1e10', 2^31, 2^32}) do
	for _, f in ipairs({'tobit', 'bnot', 'bswap', 'tohex'}) do pcall(bit[f], x) end
	for _, f in ipairs({'band', 'bor', 'bxor', 'lshift', 'rshift', 'arshift', 'rol', 'ror'}) do pcall(bit[f], x, x) pcall(bit[f], 1, x) end
end
return 1
--- bit operations with NaN
--> -ERR | 1
bit.tobit(0 / 0) bit.band(1 / 0, -1 / 0) return 1
--- bit.tohex with many digits
--> 1
return #bit.tohex(1, 2^31) < 10 and #bit.tohex(1, -2^31) < 10 and 1
--- bit operations of nothing
--> -ERR user_script:1: bad argument #1 to 'band' (number expected, got no value)
return bit.band()
--- bit operations of many
--> -LIMIT time | -LIMIT memory
local n = {} for i = 1, 7000 do n[i] = i end while true do bit.bxor(unpack(n)) end
--- cjson.encode of a table in itself with no depth and no end of time
--> -ERR user_script:1: Cannot serialise, excessive nesting (7998)
cjson.encode_max_depth(2147483647) local t = {} t[1] = t return cjson.encode(t)
--- cjson.encode of a table in itself with no depth and no end of time, by fields
--> -ERR user_script:1: Cannot serialise, excessive nesting (4000)
cjson.encode_max_depth(2147483647) local t = {} t.x = t return cjson.encode(t)
--- cjson.decode with no depth and no end of time
--> -ERR user_script:1: Found too many nested data structures (7999) at character 7999
cjson.decode_max_depth(2147483647) return cjson.decode(('['):rep(4000000))
