package acl

import (
	"slices"
	"strings"
)

// Categories are the names of the classes of commands, in the order in which
// ACL CAT lists them.
func Categories() []string { return slices.Clone(categories[:]) }

var categories = [...]string{"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog",
	"geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"}

// IsCategory tells whether a category of this name, in any case, exists.
func IsCategory(name string) bool { return category(name) != 0 }

// category returns a category's bit, or 0.
func category(name string) uint32 {
	for i, c := range categories {
		if strings.EqualFold(c, name) {
			return 1 << i
		}
	}
	return 0
}

// Commands is what rules can name: every command, with a number that stays its
// own as long as the server runs, so that sets of commands are sets of bits.
type Commands struct {
	byName map[string]*command
	ids    map[string]int // of every name there ever was
}

// command is a command or a subcommand as rules see it.
type command struct {
	id         int
	name       string
	parent     *command
	subs       []*command
	categories uint32
}

// NewCommands returns a register without commands.
func NewCommands() *Commands {
	return &Commands{byName: map[string]*command{}, ids: map[string]int{}}
}

// Add registers a command, or a subcommand as "container|sub" after its
// container, and returns its number. Categories that do not exist are left
// out. Users made before need Users.Recompute.
func (c *Commands) Add(name string, categories []string) int {
	id, known := c.ids[name]
	if !known {
		id = len(c.ids)
		c.ids[name] = id
	}
	cmd := &command{id: id, name: name}
	for _, word := range categories {
		cmd.categories |= category(word)
	}
	if i := strings.IndexByte(name, '|'); i >= 0 {
		if cmd.parent = c.byName[name[:i]]; cmd.parent != nil {
			cmd.parent.subs = append(cmd.parent.subs, cmd)
		}
	}
	c.byName[name] = cmd
	return id
}

// Remove takes a command that has no subcommands out. Its number stays
// reserved for its name.
func (c *Commands) Remove(name string) { delete(c.byName, name) }

func (c *Commands) find(name string) *command { return c.byName[strings.ToLower(name)] }

// commandSet is a set of commands by number. Numbers beyond the words are in
// the set if future is: that is what +@all means for commands to come.
type commandSet struct {
	words  []uint64
	future bool
}

func (s *commandSet) has(id int) bool {
	if w := id / 64; w < len(s.words) {
		return s.words[w]&(1<<(id%64)) != 0
	}
	return s.future
}

func (s *commandSet) set(id int, in bool) {
	w := id / 64
	for w >= len(s.words) {
		var fill uint64
		if s.future {
			fill = ^fill
		}
		s.words = append(s.words, fill)
	}
	if in {
		s.words[w] |= 1 << (id % 64)
	} else {
		s.words[w] &^= 1 << (id % 64)
	}
}

// all makes the set that of all commands, or of none.
func (s *commandSet) all(in bool) { *s = commandSet{future: in} }

func (s *commandSet) clone() commandSet { return commandSet{slices.Clone(s.words), s.future} }
