package acl

import (
	"errors"
	"slices"
	"strings"

	"perigee/engine/glob"
)

// Why a rule cannot be applied, in Redis's words.
var (
	ErrSyntax      = errors.New("Syntax error")
	ErrUnknown     = errors.New("Unknown command or category name in ACL")
	ErrFirstArg    = errors.New("Allowing first-arg of a subcommand is not supported")
	ErrAllKeys     = errors.New("Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns")
	ErrAllChannels = errors.New("Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels")
	ErrNoPassword  = errors.New("The password you are trying to remove from the user does not exist")
	ErrHash        = errors.New("The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters")
	ErrParenthesis = errors.New("Unmatched parenthesis in selector definition.")
	ErrUserName    = errors.New("Usernames can't contain spaces or null characters")
	ErrDuplicate   = errors.New("Duplicate user found. A user can only be defined once in config files")
)

// A Selector is one set of permissions. Invariants:
//
//  1. With allKeys there are no keys, with allChannels no channels.
//  2. everything is true only if all commands are permitted, those to come
//     included; the reverse need not hold.
//  3. Applying rules to a selector of all commands, if commands.future, or of
//     none gives commands and firstArgs again.
type Selector struct {
	everything  bool // +@all, and nothing taken away since
	allKeys     bool
	allChannels bool
	commands    commandSet
	firstArgs   map[int][]string // permitted for their first argument only
	keys        []keyPattern
	channels    []string
	rules       []string // on commands, since +@all or -@all
}

// keyPattern is a glob of keys and what may be done with them.
type keyPattern struct {
	pattern     string
	read, write bool
}

func (k keyPattern) String() string {
	switch {
	case k.read && k.write:
		return "~" + k.pattern
	case k.read:
		return "%R~" + k.pattern
	}
	return "%W~" + k.pattern
}

func (s *Selector) clone() *Selector {
	c := *s
	c.commands = s.commands.clone()
	c.keys, c.channels, c.rules = slices.Clone(s.keys), slices.Clone(s.channels), slices.Clone(s.rules)
	c.firstArgs = nil
	for id, args := range s.firstArgs {
		c.allowFirst(id, args...)
	}
	return &c
}

func (s *Selector) allowFirst(id int, args ...string) {
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	s.firstArgs[id] = append(s.firstArgs[id], args...)
}

// apply applies one rule about commands, keys or channels.
func (s *Selector) apply(rule string, commands *Commands) error {
	switch word := strings.ToLower(rule); {
	case word == "allkeys" || word == "~*":
		s.allKeys, s.keys = true, nil
	case word == "resetkeys":
		s.allKeys, s.keys = false, nil
	case word == "allchannels" || word == "&*":
		s.allChannels, s.channels = true, nil
	case word == "resetchannels":
		s.allChannels, s.channels = false, nil
	case word == "allcommands" || word == "+@all":
		s.resetCommands(true)
	case word == "nocommands" || word == "-@all":
		s.resetCommands(false)
	case rule == "":
	case rule[0] == '~' || rule[0] == '%':
		return s.addKeys(rule)
	case rule[0] == '&':
		return s.addChannels(rule[1:])
	case rule[0] == '+' || rule[0] == '-':
		if err := s.applyCommand(word, commands); err != nil {
			return err
		}
		s.note(word)
	default:
		return ErrSyntax
	}
	return nil
}

func (s *Selector) resetCommands(all bool) {
	s.commands.all(all)
	s.everything, s.firstArgs, s.rules = all, nil, nil
}

func (s *Selector) addKeys(rule string) error {
	if s.allKeys {
		return ErrAllKeys
	}
	k := keyPattern{read: true, write: true}
	if rule[0] == '~' {
		k.pattern = rule[1:]
	} else {
		var letters string
		letters, k.pattern, _ = strings.Cut(rule[1:], "~")
		k.read, k.write = strings.ContainsAny(letters, "rR"), strings.ContainsAny(letters, "wW")
		if n := len(letters); n == 0 || n > 2 || n == 2 && !(k.read && k.write) || !k.read && !k.write {
			return ErrSyntax
		}
	}
	if hasSpaces(k.pattern) {
		return ErrSyntax
	}
	i := slices.IndexFunc(s.keys, func(o keyPattern) bool { return o.pattern == k.pattern })
	if i < 0 {
		s.keys = append(s.keys, k)
		return nil
	}
	s.keys[i].read, s.keys[i].write = s.keys[i].read || k.read, s.keys[i].write || k.write
	return nil
}

func (s *Selector) addChannels(pattern string) error {
	if s.allChannels {
		return ErrAllChannels
	}
	if hasSpaces(pattern) {
		return ErrSyntax
	}
	if !slices.Contains(s.channels, pattern) {
		s.channels = append(s.channels, pattern)
	}
	return nil
}

// hasSpaces tells whether a word has characters that would end it in a file.
func hasSpaces(word string) bool { return strings.ContainsAny(word, " \t\n\v\f\r\x00") }

// applyCommand applies a rule about commands, in lower case, without noting it.
func (s *Selector) applyCommand(rule string, commands *Commands) error {
	on, name := rule[0] == '+', rule[1:]
	if strings.HasPrefix(name, "@") {
		bit := category(name[1:])
		if bit == 0 {
			return ErrUnknown
		}
		for _, c := range commands.byName {
			if c.categories&bit != 0 {
				s.permit(c, on)
			}
		}
		return nil
	}
	if i := strings.LastIndexByte(name, '|'); on && i >= 0 {
		return s.permitPart(name, i, commands)
	}
	c := commands.find(name)
	if c == nil {
		return ErrUnknown
	}
	s.permit(c, on)
	return nil
}

// permitPart permits a subcommand, or a command for its first argument only,
// which is kept for those who still write +select|0. The bar is at i.
func (s *Selector) permitPart(name string, i int, commands *Commands) error {
	c, part := commands.find(name[:i]), name[i+1:]
	switch {
	case c == nil:
		return ErrUnknown
	case c.parent != nil:
		return ErrFirstArg
	case part == "" || hasSpaces(part):
		return ErrSyntax
	case len(c.subs) == 0:
		if !slices.Contains(s.firstArgs[c.id], part) {
			s.allowFirst(c.id, part)
		}
		return nil
	}
	sub := commands.find(name)
	if sub == nil {
		return ErrUnknown
	}
	s.permit(sub, true)
	return nil
}

// permit adds a command with its subcommands, or takes them away.
func (s *Selector) permit(c *command, on bool) {
	s.commands.set(c.id, on)
	delete(s.firstArgs, c.id)
	for _, sub := range c.subs {
		s.commands.set(sub.id, on)
	}
	if !on {
		s.everything = false
	}
}

// note keeps a rule about commands for display. It takes the place of those
// about the same command or category, and of those about subcommands.
func (s *Selector) note(rule string) {
	name := rule[1:]
	s.rules = slices.DeleteFunc(s.rules, func(old string) bool {
		return old[1:] == name || strings.HasPrefix(old[1:], name+"|")
	})
	s.rules = append(s.rules, rule)
}

// recompute applies the rules about commands again, as commands have come or
// gone. Rules about those that have gone have no effect until they are back.
func (s *Selector) recompute(commands *Commands) {
	rules := s.rules
	s.resetCommands(s.commands.future)
	for _, rule := range rules {
		_ = s.applyCommand(rule, commands) // only ErrUnknown is left
	}
	s.rules = rules
}

// CommandRules are the rules that make the set of permitted commands.
func (s *Selector) CommandRules() string {
	first := "-@all"
	if s.commands.future {
		first = "+@all"
	}
	return strings.Join(append([]string{first}, s.rules...), " ")
}

// KeyRules are the rules that make the set of permitted keys.
func (s *Selector) KeyRules() string {
	if s.allKeys {
		return "~*"
	}
	words := make([]string, len(s.keys))
	for i, k := range s.keys {
		words[i] = k.String()
	}
	return strings.Join(words, " ")
}

// ChannelRules are the rules that make the set of permitted channels.
func (s *Selector) ChannelRules() string {
	if s.allChannels {
		return "&*"
	}
	words := make([]string, len(s.channels))
	for i, c := range s.channels {
		words[i] = "&" + c
	}
	return strings.Join(words, " ")
}

// String is all rules that make the selector from an empty one.
func (s *Selector) String() string {
	var parts []string
	if keys := s.KeyRules(); keys != "" {
		parts = append(parts, keys)
	}
	if !s.allChannels {
		parts = append(parts, "resetchannels")
	}
	if channels := s.ChannelRules(); channels != "" {
		parts = append(parts, channels)
	}
	return strings.Join(append(parts, s.CommandRules()), " ")
}

func (s *Selector) permitsKey(k Key) bool {
	if s.allKeys {
		return true
	}
	for i := range s.keys {
		p := &s.keys[i]
		if (p.read || !k.Read) && (p.write || !k.Write) && glob.Match([]byte(p.pattern), k.Name, false) {
			return true
		}
	}
	return false
}

// permitsChannel compares a pattern to subscribe to letter by letter.
func (s *Selector) permitsChannel(name []byte, pattern bool) bool {
	if s.allChannels {
		return true
	}
	for _, c := range s.channels {
		if pattern && c == string(name) || !pattern && glob.Match([]byte(c), name, false) {
			return true
		}
	}
	return false
}

// readsAnyKey tells whether every key there may be can be read.
func (s *Selector) readsAnyKey() bool {
	return s.allKeys || slices.ContainsFunc(s.keys, func(k keyPattern) bool { return k.read && k.pattern == "*" })
}
