package acl

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// A Limit bounds the scripts that a user runs. Rules give it as name=bound, by
// a name of Users.LimitNames; a bound of 0 takes it away, and the rule
// resetlimits all of them.
type Limit struct {
	Index int // of its name
	Name  string
	Bound int64
}

func (l Limit) String() string { return l.Name + "=" + strconv.FormatInt(l.Bound, 10) }

// ErrLimit is a limit that is no number.
var ErrLimit = errors.New("The limit must be a whole number, 0 for none")

// Limits are the user's, in the order of their names. They may be read only.
func (u *User) Limits() []Limit { return u.limits }

// LimitRules is the user's limits as rules.
func (u *User) LimitRules() []string {
	var rules []string
	for _, l := range u.limits {
		rules = append(rules, l.String())
	}
	return rules
}

// applyLimit applies a rule if it is one about limits.
func (u *User) applyLimit(rule string, names []string) (known bool, err error) {
	rule = strings.ToLower(rule)
	if rule == "resetlimits" {
		u.limits = nil
		return true, nil
	}
	name, text, _ := strings.Cut(rule, "=")
	index := slices.Index(names, name)
	if index < 0 {
		return false, nil
	}
	bound, err := strconv.ParseInt(text, 10, 64)
	if err != nil || bound < 0 {
		return true, ErrLimit
	}
	at, found := slices.BinarySearchFunc(u.limits, index, func(l Limit, index int) int { return l.Index - index })
	if found {
		u.limits = slices.Delete(u.limits, at, at+1)
	}
	if bound > 0 {
		u.limits = slices.Insert(u.limits, at, Limit{index, name, bound})
	}
	return true, nil
}
