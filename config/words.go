package config

import (
	"errors"
	"strings"

	"perigee/engine/resp"
)

// splitWords reads the text form of a list: words as clients type them, so that
// one may quote here as in redis-cli.
func splitWords(text string) ([]string, error) {
	parts, err := resp.SplitArgs([]byte(text))
	if err != nil {
		return nil, errors.New("argument has unbalanced quotes")
	}
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return words, nil
}

// joinWords is the inverse of splitWords.
func joinWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quoteWord(word)
	}
	return strings.Join(quoted, " ")
}

func quoteWord(word string) string {
	special := func(r rune) bool { return r <= ' ' || r == '"' || r == '\'' }
	if word != "" && strings.IndexFunc(word, special) < 0 {
		return word
	}
	return string(resp.AppendQuoted(nil, []byte(word)))
}
