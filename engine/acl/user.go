package acl

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// A User is a name with passwords and permissions. It stays the same value as
// long as it exists, whatever its rules become. There is always at least one
// selector, the user's own; unrestricted is true only if one permits all.
type User struct {
	Name         string
	on           bool
	noPass       bool
	sanitize     sanitizing
	passwords    []string // SHA-256, in hexadecimal
	limits       []Limit  // of scripts
	selectors    []*Selector
	unrestricted bool
}

// sanitizing is what RESTORE is told; here it is kept and shown only.
type sanitizing string

const (
	sanitizeYes sanitizing = "sanitize-payload"
	sanitizeNo  sanitizing = "skip-sanitize-payload"
)

// newUser is what ACL SETUSER begins with: it may do nothing.
func newUser(name string, allChannels bool) *User {
	return &User{Name: name, sanitize: sanitizeYes, selectors: []*Selector{{allChannels: allChannels}}}
}

func (u *User) clone() *User {
	c := *u
	c.passwords, c.limits = slices.Clone(u.passwords), slices.Clone(u.limits)
	c.selectors = make([]*Selector, len(u.selectors))
	for i, s := range u.selectors {
		c.selectors[i] = s.clone()
	}
	return &c
}

// Unrestricted tells whether the user may make every call there is, so that
// Check need not be asked. It costs nothing.
func (u *User) Unrestricted() bool { return u.unrestricted }

// Open tells whether everybody is this user without a password.
func (u *User) Open() bool { return u.on && u.noPass }

// NoPass tells whether any password is good.
func (u *User) NoPass() bool { return u.noPass }

// Selectors are the user's own permissions and then its further selectors.
// They may be read only.
func (u *User) Selectors() []*Selector { return u.selectors }

// Passwords are the SHA-256 sums of the user's passwords in hexadecimal.
func (u *User) Passwords() []string { return slices.Clone(u.passwords) }

// Flags are the words that say what the user is.
func (u *User) Flags() []string {
	flags := []string{"off"}
	if u.on {
		flags[0] = "on"
	}
	if u.noPass {
		flags = append(flags, "nopass")
	}
	return append(flags, string(u.sanitize))
}

// Accepts tells whether the user may log in with the password. All passwords
// are compared, in constant time, whether the user is on or not.
func (u *User) Accepts(password []byte) bool {
	sum := []byte(hashed(password))
	same := 0
	for _, p := range u.passwords {
		same |= subtle.ConstantTimeCompare(sum, []byte(p))
	}
	return u.on && (u.noPass || same == 1)
}

func hashed(password []byte) string {
	sum := sha256.Sum256(password)
	return hex.EncodeToString(sum[:])
}

// String is the user as a line of the ACL file.
func (u *User) String() string {
	words := append([]string{"user", u.Name}, u.Flags()...)
	for _, p := range u.passwords {
		words = append(words, "#"+p)
	}
	words = append(words, u.LimitRules()...)
	for i, s := range u.selectors {
		if i == 0 {
			words = append(words, s.String())
		} else {
			words = append(words, "("+s.String()+")")
		}
	}
	return strings.Join(words, " ")
}

// apply applies one rule; allChannels is what new selectors begin with.
func (u *User) apply(rule string, commands *Commands, allChannels bool) error {
	switch strings.ToLower(rule) {
	case "on":
		u.on = true
	case "off":
		u.on = false
	case "nopass":
		u.noPass, u.passwords = true, nil
	case "resetpass":
		u.noPass, u.passwords = false, nil
	case string(sanitizeYes):
		u.sanitize = sanitizeYes
	case string(sanitizeNo):
		u.sanitize = sanitizeNo
	case "clearselectors":
		u.selectors = u.selectors[:1]
	case "reset":
		*u = *newUser(u.Name, allChannels)
	case "":
	default:
		return u.applyMarked(rule, commands, allChannels)
	}
	return nil
}

// applyMarked applies a rule that a sign at its beginning tells.
func (u *User) applyMarked(rule string, commands *Commands, allChannels bool) error {
	switch rule[0] {
	case '>':
		u.addPassword(hashed([]byte(rule[1:])))
	case '#':
		if !isHash(rule[1:]) {
			return ErrHash
		}
		u.addPassword(rule[1:])
	case '<':
		return u.removePassword(hashed([]byte(rule[1:])))
	case '!':
		if !isHash(rule[1:]) {
			return ErrHash
		}
		return u.removePassword(rule[1:])
	case '(':
		s, err := parseSelector(rule, commands, allChannels)
		if err != nil {
			return err
		}
		u.selectors = append(u.selectors, s)
	default:
		return u.selectors[0].apply(rule, commands)
	}
	return nil
}

// isHash tells whether s is 64 lower-case hexadecimal digits.
func isHash(s string) bool {
	return len(s) == 2*sha256.Size && strings.Trim(s, "0123456789abcdef") == ""
}

func (u *User) addPassword(hash string) {
	if !slices.Contains(u.passwords, hash) {
		u.passwords = append(u.passwords, hash)
	}
	u.noPass = false
}

func (u *User) removePassword(hash string) error {
	i := slices.Index(u.passwords, hash)
	if i < 0 {
		return ErrNoPassword
	}
	u.passwords = slices.Delete(u.passwords, i, i+1)
	return nil
}

// parseSelector makes a selector of rules in parentheses. They are split as
// inline commands are; quotes that do not end make an empty selector, as in
// Redis.
func parseSelector(rule string, commands *Commands, allChannels bool) (*Selector, error) {
	if len(rule) < 2 || rule[len(rule)-1] != ')' {
		return nil, ErrUnknown
	}
	s := &Selector{allChannels: allChannels}
	words, err := resp.SplitArgs([]byte(rule[1 : len(rule)-1]))
	if err != nil {
		return s, nil
	}
	for _, word := range words {
		if err := s.apply(string(word), commands); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// settle notes what follows from the rules, when all have been applied.
func (u *User) settle() {
	u.unrestricted = slices.ContainsFunc(u.selectors, func(s *Selector) bool {
		return s.everything && s.allKeys && s.allChannels
	})
}

// An OpenParenthesis is a selector that does not end.
type OpenParenthesis struct{ Begin string }

func (e *OpenParenthesis) Error() string {
	return fmt.Sprintf("Unmatched parenthesis in acl selector starting at '%s'.", e.Begin)
}

// joinSelectors joins the words of each selector to one rule. A parenthesis
// that opens within a selector begins it anew, as in Redis.
func joinSelectors(words []string) ([]string, error) {
	var rules []string
	open := -1
	for i, word := range words {
		switch {
		case strings.HasPrefix(word, "(") && !strings.HasSuffix(word, ")"):
			open = i
		case open >= 0 && strings.HasSuffix(word, ")"):
			rules = append(rules, strings.Join(words[open:i+1], " "))
			open = -1
		case open < 0:
			rules = append(rules, word)
		}
	}
	if open >= 0 {
		return nil, &OpenParenthesis{words[open]}
	}
	return rules, nil
}
