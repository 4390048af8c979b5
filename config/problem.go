package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with a configuration.
type Problem struct {
	Source string // file and line, environment variable or flag
	Key    string // the setting, or empty when the source itself is at fault
	Value  string
	Reason string
}

// String is one line for the operator.
func (p Problem) String() string {
	switch {
	case p.Key == "":
		return p.Source + ": " + p.Reason
	case p.Source == "":
		return fmt.Sprintf("%s = %q: %s", p.Key, p.Value, p.Reason)
	}
	return fmt.Sprintf("%s: %s = %q: %s", p.Source, p.Key, p.Value, p.Reason)
}

// Problems is every problem of a configuration, as one error.
type Problems []Problem

// Error is a line for each problem.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// unknown is the reason given for a key that is no setting, with the setting
// that was probably meant.
func unknown(key string, settings []Setting) string {
	key = strings.ReplaceAll(strings.ToLower(key), "_", "-")
	best, nearest := "", 3
	for _, s := range settings {
		if d := editDistance(key, s.Name); d < nearest {
			best, nearest = s.Name, d
		}
	}
	if best == "" {
		return "unknown setting"
	}
	return "unknown setting; did you mean " + best + "?"
}

// editDistance counts the insertions, deletions and replacements between two names.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
