--- match that backtracks by stars
--> -LIMIT pattern
return ('a'):rep(5000):match(('.*'):rep(20) .. 'b')
--- find that backtracks by minuses
--> -LIMIT pattern
return ('a'):rep(5000):find(('a-'):rep(20) .. 'b')
--- find that backtracks by question marks
--> -LIMIT pattern
return ('a'):rep(30):find(('a?'):rep(60) .. ('a'):rep(40))
--- find that backtracks by pluses
--> -LIMIT pattern
return ('a'):rep(300):find(('a+'):rep(30) .. 'b')
--- match that backtracks, caught
--> -LIMIT pattern
while true do pcall(string.match, ('a'):rep(5000), ('.*'):rep(20) .. 'b') end
--- gmatch that backtracks
--> -LIMIT pattern
for w in ('a'):rep(5000):gmatch(('.*'):rep(20) .. 'b') do end
--- gsub that backtracks
--> -LIMIT pattern
return ('a'):rep(5000):gsub(('.-'):rep(20) .. 'b', 'c')
--- gsub that calls itself
--> -LIMIT | -ERR
local function f(c) return (('ab'):gsub('.', f)) end return f('a')
--- gsub whose function never ends
--> -LIMIT time
return ('ab'):gsub('.', function() while true do end end)
--- gmatch without end
--> -LIMIT
while true do for w in ('abcd'):rep(1000):gmatch('%w') do end end
--- balanced in a long text of openings
--> -LIMIT pattern
return ('('):rep(100000):find('%b()')
--- balanced from every place
--> -LIMIT pattern
return ('(x'):rep(50000):gsub('%b()', '')
--- balanced with backtracking
--> -LIMIT pattern
return ('(a)'):rep(10000):find('.-%b()%b()%b()%b()x')
--- frontier from every place
--> -LIMIT pattern
return ('a b '):rep(10000):find('.-%f[%w].-%f[%s].-%f[%w].-x')
--- frontier with a long set
--> -LIMIT pattern
return ('b'):rep(1000):find('%f[' .. ('a'):rep(100000) .. 'c]')
--- back-reference over and over
--> -LIMIT
return ('a'):rep(100000):find('(.*)%1%1%1b')
--- back-reference to a long capture
--> -LIMIT
return ('a'):rep(400000):find('(.-)%1b')
--- a set that is long
--> -LIMIT pattern
return ('b'):rep(10000):find('[' .. ('a'):rep(100000) .. ']')
--- a pattern that is long
--> 400000
return #(('a'):rep(400000):match(('a'):rep(400000)))
--- a pattern that nests
--> -ERR
return ('a'):rep(100000):match(('a?'):rep(50000))
--- captures within each other
--> -ERR user_script:1: too many captures
return ('a'):rep(100):match(('('):rep(40) .. 'a' .. (')'):rep(40))
--- too many position captures
--> -ERR user_script:1: too many captures
return ('a'):match(('()'):rep(33))
--- a capture that does not end
--> -ERR user_script:1: unfinished capture
return ('a'):match('(a')
--- a capture that does not begin
--> -ERR user_script:1: invalid pattern capture
return ('a'):match('a)')
--- a set that does not end
--> -ERR user_script:1: malformed pattern (missing ']')
return ('a'):match('[a')
--- a set that ends in an escape
--> -ERR user_script:1: malformed pattern (missing ']')
return ('a'):match('[%')
--- an escape that does not end
--> -ERR user_script:1: malformed pattern (ends with '%')
return ('a'):match('%')
--- balanced without its two
--> -ERR user_script:1: unbalanced pattern
return ('a'):match('%b')
--- frontier without its set
--> -ERR user_script:1: missing '[' after '%f' in pattern
return ('a'):match('%f')
--- a back-reference to what is not there
--> -ERR user_script:1: invalid capture index
return ('a'):match('%1')
--- a back-reference to what has not ended
--> -ERR user_script:1: invalid capture index
return ('a'):match('(%1)')
--- a replacement that refers to what is not there
--> -ERR user_script:1: invalid capture index
return ('a'):gsub('a', '%9')
--- a replacement that is no text
--> -ERR user_script:1: invalid replacement value (a table)
return ('a'):gsub('a', function() return {} end)
--- find beyond both ends
--> [null,null]
return {tostring(('abc'):find('b', 2^53)) == 'nil' and false, ('abc'):find('b', -2^60, false) == nil}
--- plain find in long texts
--> -LIMIT time
local s, p = ('a'):rep(4000000), ('a'):rep(2000) .. 'b' while true do s:find(p, 1, true) end
--- find with an anchor from each place
--> -LIMIT
local s = ('a'):rep(100000) for i = 1, 1e9 do s:find('^a*b', i % 1000) end
--- a limit of its own
--> -LIMIT pattern the script exceeded its limit of 5000 steps
#!lua pattern-limit=5000
return ('a'):rep(5000):match('.-b')
