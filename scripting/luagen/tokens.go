package luagen

import "strings"

// tokens cuts a source into words, numbers, strings, comments and signs, each with the white space before it.
func tokens(source string) []string {
	all := make([]string, 0, len(source)/4)
	for at := 0; at < len(source); {
		start := at
		for at < len(source) && strings.IndexByte(" \t\r\n", source[at]) >= 0 {
			at++
		}
		at += lexeme(source[at:])
		all = append(all, source[start:at])
	}
	return all
}

// lexeme is the length of what s begins with, which is one byte where that is no Lua.
func lexeme(s string) int {
	switch {
	case s == "":
		return 0
	case isWord(s[0]) || s[0] == '.' && len(s) > 1 && isDigit(s[1]):
		return wordEnd(s)
	case s[0] == '"' || s[0] == '\'':
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]:
				return i + 1
			}
		}
	case s[0] == '-' || s[0] == '[':
		for _, span := range [...]struct{ from, to string }{{"--[[", "]]"}, {"--", "\n"}, {"[[", "]]"}, {"[=[", "]=]"}, {"[==[", "]==]"}} {
			if strings.HasPrefix(s, span.from) {
				if end := strings.Index(s[len(span.from):], span.to); end >= 0 {
					return len(span.from) + end + len(span.to)
				}
			}
		}
	case strings.HasPrefix(s, "..."):
		return 3
	case len(s) > 1 && (s[1] == '=' && strings.IndexByte("=~<>", s[0]) >= 0 || s[:2] == ".."):
		return 2
	}
	return 1
}

// wordEnd is the length of a name or a number.
func wordEnd(s string) int {
	number := !isWord(s[0]) || isDigit(s[0])
	for i := 1; i < len(s); i++ {
		switch {
		case isWord(s[i]), number && s[i] == '.':
		case number && (s[i] == '+' || s[i] == '-') && (s[i-1] == 'e' || s[i-1] == 'E') && i+1 < len(s) && isDigit(s[i+1]):
		default:
			return i
		}
	}
	return len(s)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
