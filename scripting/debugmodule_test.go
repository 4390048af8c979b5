package scripting

import (
	"errors"
	"strings"
	"testing"
)

const shopInit = `#!lua name=shop
local price = require('price')
local served = 0
redis.register_function('shop_total', function(keys, args)
  local sum = price.of(tonumber(args[1]))
  return sum
end)
perigee.command{
  name = 'shop.sell',
  args = {{name = 'item', type = 'key'}, {name = 'count', type = 'integer', min = 1}},
  handler = function(args)
    served = served + 1
    redis.call('DECRBY', args.item, args.count)
    return price.of(args.count)
  end,
}
`

const shopPrice = `local unit = 5
local price = {}
function price.of(count)
  local total = unit * count
  return total
end
return price
`

// newShop serves a module of two files to a debugging client.
func newShop(t *testing.T, mode string) *debugged {
	t.Helper()
	v := newDebugged(t, mode)
	m, err := v.s.LoadModule(ModuleSource{File: "shop/init.lua", Text: shopInit, Require: func(name string) (string, string, error) {
		if name != "price" {
			return "", "", errors.New("no such file")
		}
		return "shop/price.lua", shopPrice, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Install(); err != nil {
		t.Fatal(err)
	}
	v.do(t, "SET", "apple", "10")
	return v
}

func TestDebugModuleCommand(t *testing.T) {
	v := newShop(t, "YES")
	if got := v.send("SHOP.SELL apple 2"); got != "* Stopped at shop/init.lua:12, stop reason = step over\n-> 12      served = served + 1" {
		t.Fatal(got)
	}
	v.converse(t, `> print args
<value> {["item"]="apple"; ["count"]=2}
> print served
<value> 0
> files
-> shop/init.lua, 16 lines
   shop/price.lua, 7 lines
> break price:5
   4     local total = unit * count
  #5     return total
   6   end
> list price.lua:1 1
   1   local unit = 5
   2   local price = {}
> break nosuch:1
Invalid argument:'nosuch:1'
> break
1 breakpoints set:
shop/price.lua:
  #5     return total
> continue
* Stopped at shop/price.lua:5, stop reason = break point
->#5     return total
> list 0 1
   4     local total = unit * count
->#5     return total
   6   end
> trace
In top level (shop/price.lua):
->#5     return total
> upvalues
<value> unit = 5
> locals
<value> count = 2
<value> total = 10
> redis get apple
<redis> get apple
<reply> "8"
> continue
<endsession>
(integer) 10`)
	if got := v.do(t, "GET", "apple"); got != `"10"` {
		t.Errorf("after a private session: %s", got)
	}
	if got := v.do(t, "SHOP.SELL", "apple", "3"); got != "(integer) 15" {
		t.Errorf("not debugged: %s", got)
	}
}

func TestDebugModuleCommandForReal(t *testing.T) {
	v := newShop(t, "SYNC")
	v.later = []string{"over", "over", "finish"}
	got := v.send("SHOP.SELL apple 2")
	if !strings.HasSuffix(got, "<redis> DECRBY apple 2\n<reply> 8\n* Stopped at shop/init.lua:14, stop reason = step over\n-> 14      return price.of(args.count)\n<endsession>\n(integer) 10") {
		t.Error(got)
	}
	if got := v.do(t, "GET", "apple"); got != `"8"` {
		t.Errorf("after a real session: %s", got)
	}
}

func TestDebugModuleFunction(t *testing.T) {
	v := newShop(t, "YES")
	if got := v.send("FCALL shop_total 0 4"); got != "* Stopped at shop/init.lua:5, stop reason = step over\n-> 5     local sum = price.of(tonumber(args[1]))" {
		t.Fatal(got)
	}
	v.converse(t, `> step
* Stopped at shop/price.lua:4, stop reason = step over
-> 4     local total = unit * count
> print unit
<value> 5
> out
* Stopped at shop/init.lua:6, stop reason = step out
-> 6     return sum
> abort
<endsession>
(error) ERR script aborted for user request script: shop_total, on @shop/init.lua:6.`)
}

func TestDebugModuleCommandWithWrongArguments(t *testing.T) {
	v := newShop(t, "YES")
	if got := v.send("SHOP.SELL apple none"); got != "<endsession>\n(error) ERR argument 'count' is not an integer or out of range" {
		t.Error(got)
	}
	if !v.dbg.CloseAfterReply() {
		t.Error("the connection stays open")
	}
}
