package luagen

import "strings"

// Shrink takes lines, then tokens, away from a script while it still fails. It calls fails some hundred times.
func Shrink(s Script, fails func(Script) bool) Script {
	head, body := "", s.Source
	if strings.HasPrefix(body, prelude) { // without which little can be seen
		head, body = prelude, body[len(prelude):]
	}
	for _, cut := range []func(string) []string{func(source string) []string { return strings.SplitAfter(source, "\n") }, tokens} {
		for before := ""; before != body; {
			before = body
			parts := cut(body)
			for size := max(len(parts)/2, 1); size > 0; size /= 2 {
				for at := 0; at+size <= len(parts); {
					rest := strings.Join(parts[:at], "") + strings.Join(parts[at+size:], "")
					if fails(Script{head + rest, s.Keys, s.Args}) {
						parts = append(parts[:at:at], parts[at+size:]...)
						body = rest
					} else {
						at += size
					}
				}
			}
		}
	}
	return Script{head + body, s.Keys, s.Args}
}
