package scripting

import (
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// BenchmarkScripts measures bodies of loops; the figure is per iteration.
func BenchmarkScripts(b *testing.B) {
	for name, body := range map[string]string{
		"empty":           ``,
		"arithmetic":      `local x = i * 2 + 1 - i / 3`,
		"global function": `local x = tonumber("12")`,
		"library":         `local x = string.sub("hello", 2, 3)`,
		"method":          `local x = s:sub(2, 3)`,
		"concat":          `local x = "key:" .. i .. ":x"`,
		"table store":     `t[i % 100 + 1] = i`,
		"append":          `local u = {} u[#u + 1] = i`,
		"insert":          `table.insert(t, i) table.remove(t)`,
		"call":            `f(i)`,
		"pcall":           `pcall(f, i)`,
		"closure":         `local g = function() return i end`,
		"ARGV arithmetic": `local x = "10" + 1`,
		"format":          `local x = string.format("%s:%d", "a", i)`,
		"find":            `local x = s:find("l+")`,
		"gsub":            `local x = s:gsub("l", "L")`,
		"encode":          `local x = cjson.encode(doc)`,
		"decode":          `local x = cjson.decode(text)`,
		"msgpack":         `local x = cmsgpack.unpack(cmsgpack.pack(doc))`,
		"tostring":        `local x = tostring(i)`,
	} {
		b.Run(name, func(b *testing.B) {
			m := newMachine(nil)
			source := `local n = ... local function f(x) return x end local s, t = "hello", {1, 2, 3}
				local doc = {a = 1, b = {1, 2, 3}, c = "text"} local text = cjson.encode(doc)
				for i = 1, n do ` + body + ` end`
			c, err := compile("bench", source, m.bindable)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			if _, err := m.call(m.function(c, m.eval), Monitor{MemoryBytes: 4 << 30}, lua.LNumber(b.N)); err != nil {
				b.Fatal(err)
			}
		})
	}
}
