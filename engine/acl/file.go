package acl

import (
	"errors"
	"fmt"
	"strings"
)

// String is all users as the ACL file has them: a line each.
func (us *Users) String() string {
	var b strings.Builder
	for _, u := range us.All() {
		b.WriteString(u.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Load puts the users of an ACL file's text in the place of all there are, or
// leaves everything as it is. path is for the error, which tells of every
// line that is wrong in Redis's words. The default user gets back its first
// rules unless the file defines it. Users that were there before and are
// there still are among the changes; removed are those that are not.
func (us *Users) Load(path, text string) (changes []Change, removed []*User, err error) {
	next := NewUsers(us.commands)
	next.AllChannels, next.LimitNames = us.AllChannels, us.LimitNames
	var problems []string
	defined := map[string]bool{}
	for i, line := range strings.Split(text, "\n") {
		if line = strings.Trim(line, " \t\r"); line != "" {
			problems = append(problems, next.line(path, i+1, line, defined)...)
		}
	}
	if len(problems) > 0 {
		return nil, nil, errors.New(strings.Join(problems, " ") + " WARNING: ACL errors detected, no change to the previously active ACL rules was performed")
	}
	for _, u := range us.All() {
		if next.byName[u.Name] == nil {
			removed = append(removed, u)
			delete(us.byName, u.Name)
		}
	}
	for _, u := range next.All() {
		changes = append(changes, us.put(u))
	}
	return changes, removed, nil
}

// line adds the user that one line defines, and returns what is wrong with it.
func (us *Users) line(path string, n int, line string, defined map[string]bool) []string {
	words := strings.Split(line, " ")
	if words[0] != "user" || len(words) < 2 {
		return []string{fmt.Sprintf("%s:%d should start with user keyword followed by the username.", path, n)}
	}
	name, words := words[1], words[2:]
	if hasSpaces(name) {
		return []string{fmt.Sprintf("'%s:%d: username '%s' contains invalid characters.", path, n, name)}
	}
	if defined[name] {
		return []string{fmt.Sprintf("WARNING: Duplicate user '%s' found on line %d.", name, n)}
	}
	defined[name] = true
	rules, err := joinSelectors(words)
	if err != nil {
		return []string{fmt.Sprintf("%s:%d: %s", path, n, ErrParenthesis)}
	}
	u, problems := newUser(name, us.AllChannels), []string(nil)
	invalid := false
	for _, rule := range rules {
		err := us.apply(u, rule)
		switch {
		case errors.Is(err, ErrUnknown):
			problems = append(problems, fmt.Sprintf("%s:%d: Error in applying operation '%s': %s.", path, n, rule, err))
		case err != nil && !invalid:
			invalid = true
			problems = append(problems, fmt.Sprintf("%s:%d: %s.", path, n, err))
		}
	}
	u.settle()
	us.put(u)
	return problems
}
