package scripting

import (
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// shebangWords splits the first line of a source that starts with "#!" as Redis does, where words may be quoted. ok is
// false if the line does not end or a quotation in it does not.
func shebangWords(source string) (line string, words []string, ok bool) {
	line, _, ok = strings.Cut(cText(source), "\n")
	if !ok {
		return "", nil, false
	}
	split, err := resp.SplitArgs([]byte(line))
	for _, word := range split {
		words = append(words, string(word))
	}
	return line, words, err == nil
}

// cutOption is strings.CutPrefix for a prefix in letters of either case.
func cutOption(word, prefix string) (value string, ok bool) {
	if len(word) < len(prefix) || !strings.EqualFold(word[:len(prefix)], prefix) {
		return word, false
	}
	return word[len(prefix):], true
}

// parseShebang reads a script's "#!lua flags=…" line, which is blanked so that
// line numbers stay right.
func parseShebang(source string) (flags, string, error) {
	var f flags
	if !strings.HasPrefix(source, "#!") {
		return f, source, nil
	}
	if !strings.Contains(cText(source), "\n") {
		return f, "", engine.Errf("Invalid script shebang")
	}
	line, words, ok := shebangWords(source)
	if !ok || len(words) == 0 {
		return f, "", engine.Errf("Invalid engine in script shebang")
	}
	f.declared = true
	if words[0] != "#!lua" {
		return f, "", engine.Errf("Unexpected engine in script shebang: " + words[0])
	}
	for _, word := range words[1:] {
		if known, err := setLimit(&f.limits, word); err != nil {
			return f, "", err
		} else if known {
			continue
		}
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return f, "", engine.Errf("Unknown lua shebang option: " + word)
		}
		if list == "" {
			continue
		}
		for _, name := range strings.Split(list, ",") {
			if !f.set(name) {
				return f, "", engine.Errf("Unexpected flag in script shebang: " + name)
			}
		}
	}
	return f, source[len(line):], nil
}
