package acl

import "bytes"

// A Call is what Check needs to know of a command line.
type Call struct {
	Command int
	// Exempt says that everybody may call the command, as AUTH.
	Exempt bool
	// First is the first argument, for rules such as +select|0; nil is none.
	First    []byte
	Keys     []Key
	Channels []Channel
}

// A Key is an argument that is a key, and what the command does with it.
type Key struct {
	Pos         int // in the argument vector
	Name        []byte
	Read, Write bool
}

// A Channel is an argument that is a channel, or a pattern of channels.
type Channel struct {
	Pos     int
	Name    []byte
	Pattern bool
}

// Reason says what of a call is not permitted. Of several selectors' reasons
// the greatest counts.
type Reason uint8

// The reasons, in the order in which they count.
const (
	None Reason = iota
	Command
	KeyAccess
	Authentication
	ChannelAccess
)

// String is the reason as ACL LOG names it.
func (r Reason) String() string {
	return [...]string{"", "command", "key", "auth", "channel"}[r]
}

// A Denial says why a call is not permitted: Reason None is that it is. Pos
// is the position of the key or channel.
type Denial struct {
	Reason Reason
	Pos    int
}

// Check tells whether the user may make the call. It costs the user's
// patterns times the call's keys and channels; Unrestricted users need none.
func (u *User) Check(call *Call) Denial {
	var worst Denial
	for _, s := range u.selectors {
		d := s.check(call)
		if d.Reason == None {
			return d
		}
		if d.Reason > worst.Reason || d.Reason == worst.Reason && d.Pos > worst.Pos {
			worst = d
		}
	}
	return worst
}

func (s *Selector) check(call *Call) Denial {
	if !s.permitsCommand(call) {
		return Denial{Reason: Command}
	}
	for i := range call.Keys {
		if !s.permitsKey(call.Keys[i]) {
			return Denial{KeyAccess, call.Keys[i].Pos}
		}
	}
	for _, c := range call.Channels {
		if !s.permitsChannel(c.Name, c.Pattern) {
			return Denial{ChannelAccess, c.Pos}
		}
	}
	return Denial{}
}

func (s *Selector) permitsCommand(call *Call) bool {
	if s.everything || call.Exempt || s.commands.has(call.Command) {
		return true
	}
	for _, first := range s.firstArgs[call.Command] {
		if call.First != nil && bytes.EqualFold(call.First, []byte(first)) {
			return true
		}
	}
	return false
}

// ReadsAnyKey tells whether the user may make the call and, under the same
// selector, read every key there may be: for commands that follow patterns
// to keys which their arguments do not name.
func (u *User) ReadsAnyKey(call *Call) bool {
	for _, s := range u.selectors {
		if s.readsAnyKey() && s.check(call).Reason == None {
			return true
		}
	}
	return false
}

// PermitsChannel tells whether the user may subscribe to a channel, or to a
// pattern of channels, whatever the command.
func (u *User) PermitsChannel(name []byte, pattern bool) bool {
	for _, s := range u.selectors {
		if s.permitsChannel(name, pattern) {
			return true
		}
	}
	return false
}

// hasChannelsOf tells whether u has all the channel rules of another, so that
// what that one is subscribed to cannot be lost.
func (u *User) hasChannelsOf(other *User) bool {
	has := map[string]bool{}
	for _, s := range u.selectors {
		if s.allChannels {
			return true
		}
		for _, c := range s.channels {
			has[c] = true
		}
	}
	for _, s := range other.selectors {
		if s.allChannels {
			return false
		}
		for _, c := range s.channels {
			if !has[c] {
				return false
			}
		}
	}
	return true
}
