package acl

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// Users is all users by name. The default user is always there.
type Users struct {
	// AllChannels is what new users and selectors may subscribe to before
	// their first rule: everything, or nothing.
	AllChannels bool

	// LimitNames are the limits of scripts that users may have.
	LimitNames []string

	commands *Commands
	byName   map[string]*User
	def      *User
}

// NewUsers returns the default user alone, who may do everything and needs no
// password.
func NewUsers(commands *Commands) *Users {
	u := newUser("default", true)
	us := &Users{commands: commands, byName: map[string]*User{u.Name: u}, def: u}
	for _, rule := range []string{"on", "nopass", "+@all", "~*"} {
		if err := u.apply(rule, commands, true); err != nil {
			panic("acl: default user: " + err.Error())
		}
	}
	u.settle()
	return us
}

// Default is the user of clients that have not said who they are.
func (us *Users) Default() *User { return us.def }

// Find returns a user, or nil. Case matters.
func (us *Users) Find(name string) *User { return us.byName[name] }

// All returns every user in the order of their names.
func (us *Users) All() []*User {
	all := make([]*User, 0, len(us.byName))
	for _, name := range slices.Sorted(maps.Keys(us.byName)) {
		all = append(all, us.byName[name])
	}
	return all
}

// A RuleError says which rule could not be applied, and why.
type RuleError struct {
	Rule string
	Err  error
}

func (e *RuleError) Error() string { return "rule '" + e.Rule + "': " + e.Err.Error() }

// Unwrap returns the reason.
func (e *RuleError) Unwrap() error { return e.Err }

// Change is what became of one user: Lost tells that a client subscribed as
// before may have subscriptions now that are not permitted.
type Change struct {
	User *User
	Lost bool
}

// Set applies the words of ACL SETUSER to a user, new or not: all or none.
// The error is ErrUserName, an *OpenParenthesis or a *RuleError.
func (us *Users) Set(name string, words []string) (Change, error) {
	old := us.byName[name]
	if old == nil && hasSpaces(name) {
		return Change{}, ErrUserName
	}
	next := newUser(name, us.AllChannels)
	if old != nil {
		next = old.clone()
	}
	if err := us.applyAll(next, words); err != nil {
		return Change{}, err
	}
	return us.put(next), nil
}

func (us *Users) applyAll(u *User, words []string) error {
	rules, err := joinSelectors(words)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		if err := us.apply(u, rule); err != nil {
			return &RuleError{rule, err}
		}
	}
	u.settle()
	return nil
}

// apply applies one rule to a user.
func (us *Users) apply(u *User, rule string) error {
	if known, err := u.applyLimit(rule, us.LimitNames); known {
		return err
	}
	return u.apply(rule, us.commands, us.AllChannels)
}

// put gives the user of this name the rules of u.
func (us *Users) put(u *User) Change {
	old := us.byName[u.Name]
	if old == nil {
		us.byName[u.Name] = u
		return Change{User: u}
	}
	lost := !u.hasChannelsOf(old)
	*old = *u
	return Change{old, lost}
}

// Delete removes a user and returns it, or nil if there is none. The default
// user stays.
func (us *Users) Delete(name string) *User {
	u := us.byName[name]
	if u == us.def {
		return nil
	}
	delete(us.byName, name)
	return u
}

// SetPassword gives the default user one password, or with an empty one none:
// what requirepass does.
func (us *Users) SetPassword(password string) {
	us.def.noPass, us.def.passwords = true, nil
	if password != "" {
		us.def.addPassword(hashed([]byte(password)))
	}
}

// Recompute applies all rules about commands again, after commands have come
// or gone.
func (us *Users) Recompute() {
	for _, u := range us.byName {
		for _, s := range u.selectors {
			s.recompute(us.commands)
		}
		u.settle()
	}
}

// Declare makes users from definitions in the configuration, each a name
// followed by rules, split as inline commands are. The error names the user,
// and the rule unless it is about a password.
func (us *Users) Declare(definitions []string) error {
	seen := map[string]bool{}
	for _, text := range definitions {
		words, err := splitDefinition(text)
		if err != nil {
			return err
		}
		name, rules := words[0], words[1:]
		if seen[name] {
			return fmt.Errorf("user %s: %w", name, ErrDuplicate)
		}
		seen[name] = true
		if name == us.def.Name {
			rules = append([]string{"reset"}, rules...)
		}
		if _, err := us.Set(name, rules); err != nil {
			return fmt.Errorf("user %s: %w", name, withoutSecret(err))
		}
	}
	return nil
}

// splitDefinition returns the name and the rules of a definition.
func splitDefinition(text string) ([]string, error) {
	parts, err := resp.SplitArgs([]byte(text))
	if err != nil || len(parts) == 0 {
		return nil, errors.New("the definition of a user has unbalanced quotes, or no name")
	}
	words := make([]string, len(parts))
	for i, part := range parts {
		words[i] = string(part)
	}
	return words, nil
}

// Definition is the user as Declare reads it.
func (u *User) Definition() string {
	words := strings.Split(strings.TrimPrefix(u.String(), "user "), " ")
	for i, word := range words {
		if strings.ContainsAny(word, "\"'") || word == "" {
			words[i] = string(resp.AppendQuoted(nil, []byte(word)))
		}
	}
	return strings.Join(words, " ")
}

// withoutSecret leaves the rule out of an error if it is about a password.
func withoutSecret(err error) error {
	var rule *RuleError
	if errors.As(err, &rule) && rule.Rule != "" && strings.ContainsRune("><#!", rune(rule.Rule[0])) {
		return rule.Err
	}
	return err
}
