package luagen

import (
	"math/rand/v2"
	"strings"
)

// Mutant is a script with some tokens taken away, doubled, swapped or put in place of others. It need not compile, nor end.
func Mutant(seed uint64, s Script) Script {
	r := rand.New(rand.NewPCG(seed, 6))
	source := strings.TrimPrefix(s.Source, prelude)
	if r.IntN(3) > 0 { // a few lines show as much as many
		lines := strings.SplitAfter(source, "\n")
		from := r.IntN(len(lines))
		source = strings.Join(lines[from:min(from+1+r.IntN(12), len(lines))], "")
	}
	all := tokens(source)
	for range 1 + r.IntN(3) {
		at := r.IntN(len(all) + 1)
		rest := all[at:]
		switch r.IntN(5) {
		case 0:
			all = append(all[:at:at], append([]string{foreign(r)}, rest...)...)
		case 1:
			if len(rest) > 0 {
				all = append(all[:at:at], append([]string{rest[0]}, rest...)...)
			}
		case 2:
			if len(rest) > 1 {
				rest[0], rest[1] = rest[1], rest[0]
			}
		case 3:
			all = all[:at] // and nothing more
			if len(all) > 0 && r.IntN(2) == 0 {
				last := all[len(all)-1]
				all[len(all)-1] = last[:r.IntN(len(last)+1)]
			}
		default:
			if len(rest) > 0 {
				all = append(all[:at:at], rest[1:]...)
			}
		}
	}
	s.Source = strings.Join(all, "")
	return s
}

// foreign is a token from anywhere.
func foreign(r *rand.Rand) string {
	words := strings.Fields(`and break do else elseif end false for function if in local nil not or repeat return then true until while x = == ~= ~ < <= > >= .. ... . : , ; + - * / % ^ # ( ) { } [ ] [[ ]] [=[ 1 0x 0xg 1e 1e+ 3x .5 1..2 "a" 'b' "a 'b "\300" "\ @ $ ! & | \ ? goto :: ` + "`" + ` -- --[[ --[=[ é 12345678901234567890 a.b self arg _G`)
	return " " + words[r.IntN(len(words))]
}
