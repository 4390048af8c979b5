--- line ends in a status
--> "OK  +PONG"
return {ok = 'OK\r\n+PONG'}
--- line ends in an error
--> -ERR x  -ERR y
return {err = 'ERR x\r\n-ERR y'}
--- line ends in an error reply
--> -ERR x  $1  y
return redis.error_reply('x\r\n$1\r\ny')
--- line ends in a status reply
--> "x  $1  y"
return redis.status_reply('x\r\n$1\r\ny')
--- line ends in an error's code
--> -
return {err = '\r\n\r\n'}
--- an error that is empty
--> -
return {err = ''}
--- a status that is empty
--> ""
return {ok = ''}
--- line ends in a text are data
--> "x\r\n$1\r\ny"
return 'x\r\n$1\r\ny'
--- line ends in a big number
--> "1  +2"
redis.setresp(3) return {big_number = '1\r\n+2'}
--- line ends in the format of a verbatim text
--> "x"
redis.setresp(3) return {verbatim_string = {format = '\r\n+OK', string = 'x'}}
--- line ends in the log
--> null
redis.log(redis.LOG_WARNING, 'x\r\n{"level":"ERROR","msg":"mine"}\r\n')
--- a long line in the log
--> null
redis.log(redis.LOG_DEBUG, ('x'):rep(1000000))
--- the log without end
--> -LIMIT time
while true do redis.log(redis.LOG_DEBUG, 'x') end
--- a log level that is none
--> -ERR Invalid debug level.
redis.log(1e308, 'x')
--- a table in itself
--> -LIMIT reply | Protocol error: reply nested too deeply
local t = {} t[1] = t return t
--- a table in itself, twice
--> -LIMIT reply
local t = {} t[1], t[2] = t, t return t
--- a map in itself
--> -LIMIT reply | Protocol error: reply nested too deeply
redis.setresp(3) local t = {} t.map = {a = t, b = t} return t
--- a set in itself
--> -LIMIT reply | Protocol error: reply nested too deeply
redis.setresp(3) local t = {} t.set = {[t] = true} return t
--- a reply that nests
--> Protocol error: reply nested too deeply
local t = {} for i = 1, 1500 do t = {t} end return t
--- a reply that nests more than Redis has stack for
--> Protocol error: reply nested too deeply
local t = {} for i = 1, 10000 do t = {t} end return t
--- a reply that doubles
--> -LIMIT reply
local t = {'x'} for i = 1, 40 do t = {t, t} end return t
--- a reply of a long text
--> -LIMIT reply
return ('x'):rep(2000000)
--- a reply of one text many times
--> -LIMIT reply
local t, s = {}, ('x'):rep(100000) for i = 1, 100 do t[i] = s end return t
--- a reply of many numbers
--> -LIMIT reply
local t = {} for i = 1, 200000 do t[i] = i end return t
--- a reply of a long error
--> -LIMIT reply
return {err = ('x'):rep(2000000)}
--- a reply of a long status
--> -LIMIT reply
return {ok = ('x'):rep(2000000)}
--- a reply of a large map
--> -LIMIT reply
redis.setresp(3) local t = {} for i = 1, 100000 do t['k' .. i] = i end return {map = t}
--- a reply whose fields are odd
--> []
return {ok = {}, err = 1, map = 1, set = 'x', double = 'x', big_number = {}, verbatim_string = 1}
--- a reply of numbers that are none
--> [-9223372036854775808,-9223372036854775808,-9223372036854775808]
return {0 / 0, 1 / 0, -1 / 0}
--- a reply of functions
--> [null,null]
return {function() end, coroutine.create(function() end)}
--- a double that is none
--> "nan"
redis.setresp(3) return {double = 0 / 0}
--- a limit of its own
--> -LIMIT reply the script exceeded its limit of 100 bytes
#!lua reply-limit=100
return ('x'):rep(100)
--- a reply of maps that were emptied
--> [["50000k",1],["50000k",1],
local t, r = {}, {} for i = 1, 50000 do t[i .. 'k'] = 1 end for i = 1, 49999 do t[i .. 'k'] = nil end
for i = 1, 9000 do r[i] = {map = t} end return r
--- a reply of sets that were emptied
--> [["50000k"],["50000k"],
local t, r = {}, {} for i = 1, 50000 do t[i .. 'k'] = 1 end for i = 1, 49999 do t[i .. 'k'] = nil end
for i = 1, 9000 do r[i] = {set = t} end return r
