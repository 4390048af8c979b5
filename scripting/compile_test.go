package scripting

import (
	"strings"
	"testing"
)

// TestHostileSources compiles sources meant to take long or to overflow something. They must end in a chunk or in an error.
func TestHostileSources(t *testing.T) {
	locals := strings.Repeat("local a,b,c,d,e,f,g,h,i,j ", 19)
	for name, source := range map[string]string{
		"identifiers under many locals": strings.Repeat("local function f() "+locals, 150) + strings.Repeat("x=y ", 20_000),
		"constants":                     "local t = {" + numbered("'k%d',", 60_000) + "}",
		"identifiers":                   numbered("x%d=1 ", 40_000),
		"parentheses":                   "x = " + strings.Repeat("(", 100_000),
		"tables":                        "x = " + strings.Repeat("{", 100_000),
		"functions":                     strings.Repeat("x = function() ", 100_000),
		"do blocks":                     strings.Repeat("do ", 100_000),
		"unary minus":                   "return " + strings.Repeat("- ", 100_000) + "1",
		"not":                           "return " + strings.Repeat("not ", 100_000) + "1",
		"additions":                     "return 1" + strings.Repeat("+x", 100_000),
		"concatenations":                "return x" + strings.Repeat("..x", 100_000),
		"powers":                        "return 1" + strings.Repeat("^x", 100_000),
		"ands":                          "return 1" + strings.Repeat(" and x", 100_000),
		"comparisons":                   "return 1" + strings.Repeat("<x", 100_000),
		"indexes":                       "return a" + strings.Repeat(".a", 100_000),
		"calls":                         "f" + strings.Repeat("()", 100_000),
		"elseifs":                       "if a then " + strings.Repeat("elseif a then ", 50_000) + "end",
		"arguments":                     "f(" + strings.Repeat("1,", 50_000) + "1)",
		"parameters":                    "function f(" + strings.Repeat("a,", 50_000) + "a) end",
		"targets":                       strings.Repeat("a,", 50_000) + "a = 1",
		"locals":                        strings.Repeat("local a ", 50_000),
		"jumps":                         "while x do " + strings.Repeat("x=1 ", 200_000) + "end",
		"upvalues":                      numbered("local a%d ", 100) + "return function() return " + numbered("a%d,", 99) + "a1 end",
		"items":                         "return {" + strings.Repeat("1,", 100_000) + "1}",
		"long string":                   "return [" + strings.Repeat("=", 100_000) + "[",
		"brackets":                      "return [=[" + strings.Repeat("]", 200_000),
		"brackets and signs":            "return [" + strings.Repeat("=", 1000) + "[" + strings.Repeat("]"+strings.Repeat("=", 999), 300),
		"comments":                      strings.Repeat("--[[]]", 100_000),
		"too long":                      strings.Repeat(" ", maxSourceBytes+1),
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(nil)
			c, err := compile("x", source, m.bindable)
			if err != nil {
				t.Logf("%.100s", err)
				return
			}
			if _, err := m.call(m.function(c, m.eval), Monitor{Instructions: 1_000_000}); err != nil {
				checkFailure(t, err)
				t.Logf("%.100s", err)
			}
		})
	}
}

func numbered(format string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "%d", formatNumber(float64(i))))
	}
	return b.String()
}
