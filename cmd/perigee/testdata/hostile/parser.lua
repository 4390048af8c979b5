--- parentheses within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
return <<repeat 100000 "(">>
--- parentheses in the depth that Lua allows
--> 1
return <<repeat 190 "(">>1<<repeat 190 ")">>
--- tables within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
return <<repeat 100000 "{">>
--- functions within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 50000 "return function() ">>
--- blocks within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 100000 "do ">>
--- loops within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 50000 "while true do ">>
--- repeats within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 50000 "repeat ">>
--- conditions within each other
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 50000 "if a then ">>
--- minus signs
--> -ERR Error compiling script (new function): user_script:1:
return <<repeat 100000 "- ">>1
--- nots
--> -ERR Error compiling script (new function): user_script:1:
return <<repeat 100000 "not ">>1
--- length signs
--> -ERR Error compiling script (new function): user_script:1:
return <<repeat 100000 "#">>1
--- a long concatenation
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
local x = 'x' return x<<repeat 100000 "..x">>
--- a long sum
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = 1 return x<<repeat 100000 "+x">>
--- a long power
--> -ERR Error compiling script (new function): user_script:1:
local x = 1 return x<<repeat 100000 "^x">>
--- a long and
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = 1 return x<<repeat 100000 " and x">>
--- a long comparison
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = 1 return x<<repeat 100000 "<x">>
--- a long path
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = {} return x<<repeat 100000 ".x">>
--- calls of what calls return
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = {} return x<<repeat 100000 "()">>
--- calls of texts
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
local x = {} return x<<repeat 100000 "''">>
--- a long if
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
if a then <<repeat 50000 "elseif a then ">> end
--- else after else
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
<<repeat 50000 "if a then else ">>
--- a table of many constants
--> 150000
return #{<<repeat 150000 "1,">>}
--- a table of many different constants
--> 40000
return #{<<number 40000 "'k%d',">>}
--- more constants than a function may have
--> null | -ERR Error compiling
local t <<number 70000 "t=%d.5 ">>
--- a table of many fields
--> 1
local t = {<<number 40000 "k%d=1,">>} return t.k39999
--- a table of calls
--> -LIMIT | 30000
local f = function() return 1 end return #{<<repeat 30000 "f(),">>}
--- more locals than Lua allows
--> -ERR Error compiling script (new function): user_script:1: main function has more than 200 local variables
<<number 201 "local a%d ">>
--- more locals than Lua allows, at once
--> -ERR Error compiling script (new function):
local <<number 250 "a%d,">>b = 1
--- more upvalues than Lua allows
--> -ERR Error compiling script (new function): user_script:1: function at line 1 has more than 60 upvalues
<<number 61 "local a%d ">> return function() return <<number 61 "a%d and ">>1 end
--- more registers than there are
--> -ERR Error compiling script (new function): user_script:1: chunk has too many syntax levels
local f f(<<repeat 300 "f(">>1<<repeat 300 ")">>)
--- more arguments than there are registers
--> -ERR Error compiling script (new function):
return type(<<repeat 300 "1,">>1)
--- more parameters than there are registers
--> -ERR Error compiling script (new function):
local function f(<<number 300 "a%d,">>b) end
--- more targets than there are registers
--> -ERR Error compiling script (new function):
local a <<repeat 300 "a,">>a = 1
--- a jump that is too long
--> -ERR Error compiling script (new function): | -LIMIT
local x while x do <<repeat 150000 "x=1 ">> end
--- a long text
--> 900000
return #'<<repeat 900000 "x">>'
--- a long text in brackets
--> 900000
return #[[<<repeat 900000 "x">>]]
--- a bracket that never ends
--> -ERR Error compiling script (new function): user_script:
return [==[<<repeat 300000 "]=">>
--- a bracket of equal signs
--> -ERR Error compiling script (new function): user_script:
return [<<repeat 300000 "=">>
--- a comment that never ends
--> -ERR Error compiling script (new function): user_script:
--[[ <<repeat 300000 "]">>
--- a text that never ends
--> -ERR Error compiling script (new function): user_script:
return '<<repeat 300000 "x">>
--- escapes without end
--> -ERR Error compiling script (new function): user_script:
return '<<repeat 300000 "\\">>
--- an escape beyond a byte
--> -ERR Error compiling script (new function): user_script:1: escape sequence too large near
return '\999'
--- a name that is long
--> -ERR
return <<repeat 500000 "x">>
--- a number that is long
--> 1
return <<repeat 500000 "1">> > 1 and 1
--- a number that is none
--> -ERR Error compiling script (new function): user_script:1: malformed number near '1e'
return 1e
--- a source that is too long
--> -ERR Error compiling script (new function): user_script:1: script of
return '<<repeat 1100000 "x">>'
--- lines without end
--> 1
<<repeat 400000 "\n">>return 1
--- semicolons without end
--> -ERR Error compiling script (new function): user_script:1: unexpected symbol near ';'
<<repeat 400000 ";">>
--- statements without end
--> 1
local a <<repeat 100000 "a=1;">> return a
--- functions without end
--> 1
local a <<repeat 20000 "a=function() return a end ">> return 1
--- globals without end
--> -ERR Error compiling script (new function): user_script:1: function or expression too complex
return <<number 30000 "x%d or ">> 1
--- zeros in the source
--> -ERR Error compiling script (new function): user_script:1:
return 1 <<"\x00">> + 1
--- bytes that are no text
--> -ERR Error compiling script (new function): user_script:1:
return <<"\xff\xfe\x80">>
--- what looks like bytecode
--> -ERR Error compiling script (new function): user_script:1:
<<"\x1bLuaQ">>
--- bytecode for load
--> "[string \"\u001bLua\"]
local f, why = loadstring('\27Lua') return why
--- goto is not in Lua 5.1
--> -ERR Error compiling script (new function): user_script:1:
::again:: goto again
--- parentheses for load
--> "[string \"((((
local f, why = loadstring(('('):rep(100000)) return why
--- a concatenation for load
--> "[string \"return x
local f, why = loadstring('return x' .. ('..x'):rep(100000)) return why
--- compilation over and over
--> -LIMIT
while true do loadstring('local a ' .. ('a=1;'):rep(20000)) end
--- compilation over and over, caught
--> -LIMIT
while true do pcall(loadstring, 'return ' .. ('('):rep(199) .. 'x') end
--- a shebang of limits
--> -ERR Invalid time-limit: '0' is not a number of milliseconds above 0
#!lua time-limit=0
return 1
--- a shebang that never ends
--> -ERR Invalid script shebang
#!lua <<repeat 50000 "flags=no-writes ">>
--- a shebang of many flags
--> -ERR Unexpected flag in script shebang: x
#!lua flags=<<repeat 100000 "no-writes,">>x
return 1
