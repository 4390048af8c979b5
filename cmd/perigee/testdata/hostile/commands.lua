--- commands without end
--> -LIMIT commands | -LIMIT time
while true do redis.call('INCR', 'n') end
--- commands without end, caught
--> -LIMIT commands | -LIMIT time
while true do pcall(redis.call, 'INCR', 'n') end
--- commands of a limit of its own
--> -LIMIT commands the script exceeded its limit of 1000 commands
#!lua command-limit=1000
while true do redis.pcall('INCR', 'n') end
--- keys without end
--> -LIMIT
for i = 1, 1e9 do redis.call('SET', 'k' .. i, ('x'):rep(1000)) end
--- a key that grows
--> -LIMIT written | -LIMIT time
while true do redis.call('APPEND', 'k', ('x'):rep(100000)) end
--- a key that is huge at once
--> -LIMIT written
redis.call('SETRANGE', 'k', 100000000, 'x')
--- a bitmap that is huge at once
--> -LIMIT written
redis.call('SETBIT', 'k', 1000000000, 1)
--- a key that is larger than keys may be
--> -ERR string exceeds maximum allowed size (proto-max-bulk-len)
redis.call('SETRANGE', 'k', 536870912, 'x')
--- a list that grows
--> -LIMIT
local n = {} for i = 1, 5000 do n[i] = 'element ' .. i end while true do redis.call('RPUSH', 'l', unpack(n)) end
--- a hash that grows
--> -LIMIT
for i = 1, 1e9 do redis.call('HSET', 'h', 'field' .. i, i) end
--- a sorted set that grows
--> -LIMIT
for i = 1, 1e9 do redis.call('ZADD', 'z', i, 'member' .. i) end
--- a stream that grows
--> -LIMIT
while true do redis.call('XADD', 's', '*', 'f', ('x'):rep(1000)) end
--- copies that double
--> -LIMIT
redis.call('SET', 'k0', ('x'):rep(100000)) for i = 1, 1e9 do redis.call('COPY', 'k' .. i - 1, 'k' .. i) end
--- messages without end
--> -LIMIT
while true do redis.call('PUBLISH', 'c', ('x'):rep(100000)) end
--- all is removed
--> -LIMIT time
redis.call('FLUSHALL') while true do end
--- writing and undoing without end
--> -LIMIT
while true do redis.call('SET', 'a', 1) redis.call('DEL', 'a') end
--- EVAL in EVAL
--> -ERR This Redis command is not allowed from script
return redis.call('EVAL', 'return 1', 0)
--- EVALSHA in EVAL
--> -ERR This Redis command is not allowed from script
return redis.call('EVALSHA', 'ffffffffffffffffffffffffffffffffffffffff', 0)
--- FCALL in EVAL
--> -ERR This Redis command is not allowed from script
return redis.call('FCALL', 'f', 0)
--- FUNCTION FLUSH
--> -ERR This Redis command is not allowed from script
return redis.call('FUNCTION', 'FLUSH')
--- SCRIPT FLUSH
--> -ERR This Redis command is not allowed from script
return redis.call('SCRIPT', 'FLUSH')
--- SCRIPT KILL
--> -ERR This Redis command is not allowed from script
return redis.call('SCRIPT', 'KILL')
--- SHUTDOWN
--> -ERR This Redis command is not allowed from script
return redis.call('SHUTDOWN', 'NOSAVE')
--- DEBUG
--> -ERR This Redis command is not allowed from script
return redis.call('DEBUG', 'SLEEP', '10')
--- CONFIG SET
--> -ERR This Redis command is not allowed from script
return redis.call('CONFIG', 'SET', 'script-time-limit', '0')
--- ACL SETUSER
--> -ERR This Redis command is not allowed from script
return redis.call('ACL', 'SETUSER', 'x', 'on')
--- MULTI
--> -ERR This Redis command is not allowed from script
return redis.call('MULTI')
--- WATCH
--> -ERR This Redis command is not allowed from script
return redis.call('WATCH', 'k')
--- SUBSCRIBE
--> -ERR This Redis command is not allowed from script
return redis.call('SUBSCRIBE', 'c')
--- MONITOR
--> -ERR This Redis command is not allowed from script
return redis.call('MONITOR')
--- AUTH
--> -ERR This Redis command is not allowed from script
return redis.call('AUTH', 'x')
--- CLIENT KILL
--> -ERR This Redis command is not allowed from script
return redis.call('CLIENT', 'KILL', 'TYPE', 'normal')
--- CLIENT PAUSE
--> -ERR This Redis command is not allowed from script
return redis.call('CLIENT', 'PAUSE', '100000')
--- BLPOP does not block
--> null
return redis.call('BLPOP', 'nothing', 0)
--- BLMOVE does not block
--> null
return redis.call('BLMOVE', 'nothing', 'else', 'LEFT', 'LEFT', 0)
--- XREAD does not block
--> null
return redis.call('XREAD', 'BLOCK', 0, 'STREAMS', 'nothing', '$')
--- WAIT does not block
--> -ERR | 0
return redis.call('WAIT', 1, 0)
--- a command that is none
--> -ERR Unknown Redis command called from script
return redis.call('NO\r\nSUCH')
--- a command without a name
--> -ERR Please specify at least one argument for this redis lib call
return redis.call()
--- a command that is a table
--> -ERR Lua redis lib command arguments must be strings or integers
return redis.call({})
--- a command of many arguments
--> -LIMIT | -ERR
local n = {} for i = 1, 200000 do n[i] = i end while true do redis.pcall('DEL', unpack(n)) end
--- a command of numbers that are none
--> -ERR value is not an integer or out of range
#!lua flags=rollback
redis.call('SET', 'n', 1) return redis.call('INCRBY', 'n', 0 / 0)
--- SORT without end
--> -LIMIT
local n = {} for i = 1, 5000 do n[i] = i end redis.call('RPUSH', 'l', unpack(n)) while true do redis.call('SORT', 'l', 'BY', 'w_*', 'GET', 'x_*') end
--- KEYS with a pattern that backtracks
--> -LIMIT | []
redis.call('SET', ('a'):rep(1000), 1) for i = 1, 1e9 do redis.call('KEYS', ('a*'):rep(20) .. 'b') end
--- LCS of long texts
--> -LIMIT | -ERR
redis.call('MSET', 'a', ('x'):rep(2000), 'b', ('x'):rep(2000)) while true do redis.call('LCS', 'a', 'b') end
--- RESTORE of what is none
--> -LIMIT
while true do redis.pcall('RESTORE', 'k', 0, ('\255'):rep(100)) end
--- OBJECT and MEMORY without end
--> -LIMIT
redis.call('SET', 'k', 'x') while true do redis.call('MEMORY', 'USAGE', 'k') redis.call('OBJECT', 'ENCODING', 'k') end
--- INFO without end
--> -LIMIT
while true do redis.pcall('INFO', 'everything') end
--- acl_check_cmd without end
--> -LIMIT time
while true do redis.acl_check_cmd('SET', 'a', 'b') end
--- acl_check_cmd of what is none
--> -ERR Invalid command passed to redis.acl_check_cmd()
return redis.acl_check_cmd('NOSUCH')
--- a write limit of its own
--> -LIMIT written the script exceeded its limit of 1000 bytes
#!lua write-limit=1000
redis.call('SET', 'k', ('x'):rep(2000))
--- a script that says it does not write
--> -ERR Write commands are not allowed from read-only scripts.
#!lua flags=no-writes
redis.call('SET', 'k', 1)
--- one text many times in a list
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 1500 do t[i] = s end redis.call('RPUSH', 'l', unpack(t))
--- one text many times in keys
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 1500 do t[2 * i - 1], t[2 * i] = 'k' .. i, s end redis.call('MSET', unpack(t))
--- one text many times as a name
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} for i = 1, 5000 do t[i] = s end redis.call('EXISTS', unpack(t))
--- values that are kept beside commands that change nothing
--> -LIMIT memory | -LIMIT time
local s, t = ('x'):rep(1000000), {} while true do redis.pcall('ECHO', s) t[#t + 1] = s .. #t end
