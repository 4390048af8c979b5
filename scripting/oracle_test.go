package scripting

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"perigee/engine/reference"
)

// oracle is a redis-server to compare with. It is started again when a script kills it, as error({}) does.
type oracle struct {
	t      *testing.T
	socket string
	conn   net.Conn
	in     *bufio.Reader
}

func newOracle(t *testing.T) *oracle {
	t.Helper()
	o := &oracle{t: t}
	o.start()
	t.Cleanup(o.stop)
	return o
}

func (o *oracle) start() {
	o.socket = reference.Start(o.t)
	var err error
	if o.conn, err = net.Dial("unix", o.socket); err != nil {
		o.t.Fatal(err)
	}
	o.in = bufio.NewReader(o.conn)
}

func (o *oracle) stop() { o.conn.Close() }

// eval gives the bulk string a script returns, or the error.
func (o *oracle) eval(script string) string {
	fmt.Fprintf(o.conn, "*3\r\n$4\r\nEVAL\r\n$%d\r\n%s\r\n$1\r\n0\r\n", len(script), script)
	line, err := o.in.ReadString('\n')
	if err != nil {
		o.stop()
		o.start()
		return "server died"
	}
	line = strings.TrimRight(line, "\r\n")
	if line[0] != '$' {
		if message, _, ok := strings.Cut(line, " script: "); ok {
			return message
		}
		return line
	}
	n, _ := strconv.Atoi(line[1:])
	if n < 0 {
		return "nil"
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(o.in, body); err != nil {
		o.t.Fatal(err)
	}
	return string(body[:n])
}

// shower is Lua that shows any value as text, the same way on both sides.
const shower = `local function show(v, depth)
  local t = type(v)
  if t == 'string' then
    return '"' .. v .. '"'
  elseif t == 'table' then
    if depth > 4 then return '{...}' end
    local parts, keys = {}, {}
    for k in pairs(v) do keys[#keys+1] = k end
    table.sort(keys, function(a, b)
      if type(a) ~= type(b) then return type(a) < type(b) end
      if type(a) == 'number' or type(a) == 'string' then return a < b end
      return false
    end)
    for _, k in ipairs(keys) do parts[#parts+1] = show(k, depth + 1) .. '=' .. show(v[k], depth + 1) end
    return '{' .. table.concat(parts, ', ') .. '}'
  elseif t == 'function' or t == 'thread' or t == 'userdata' then
    return t
  end
  return t .. ' ' .. tostring(v)
end
local function all(...)
  local parts = {}
  for i = 1, select('#', ...) do parts[i] = show((select(i, ...)), 0) end
  return table.concat(parts, ' | ')
end
return all(pcall(function() `

func wrap(snippet string) string { return shower + snippet + " end))" }

// evalHere runs a script as the oracle does.
func evalHere(m *machine, script string) string {
	c, err := compile("user_script", script, m.ofEval)
	if err != nil {
		return "-ERR Error compiling script (new function): " + err.Error()
	}
	result, err := m.call(m.function(c, m.eval), Monitor{Instructions: 5_000_000, MemoryBytes: 256 << 20})
	if err != nil {
		return "-ERR " + err.Error()
	}
	if result == lua.LNil {
		return "nil"
	}
	return result.String()
}

// compare runs snippets on both sides. A snippet is a function's body whose results, or error, are shown as text.
func compare(t *testing.T, snippets []string) {
	t.Helper()
	o, m := newOracle(t), newMachine(nil)
	for _, snippet := range snippets {
		want, got := o.eval(wrap(snippet)), evalHere(m, wrap(snippet))
		if got != want {
			t.Errorf("%s\n got: %.300s\nwant: %.300s", snippet, got, want)
		}
	}
}

// compareSources compares how sources compile, or fail to.
func compareSources(t *testing.T, sources []string) {
	t.Helper()
	o, m := newOracle(t), newMachine(nil)
	for _, source := range sources {
		want, got := o.eval(source), evalHere(m, source)
		if got != want {
			t.Errorf("%s\n got: %.300s\nwant: %.300s", source, got, want)
		}
	}
}
