package engine

// ScriptLimits bound one run of a script; zero is no bound.
type ScriptLimits struct {
	TimeMs       int64 // running time, milliseconds
	Instructions int64 // of the virtual machine, and comparable steps of library functions
	Memory       int64 // bytes of its values
	Commands     int64 // that it calls
	Written      int64 // bytes of keys, elements and values that it changes
	Reply        int64 // bytes of its reply; zero means as many as Memory
	PatternSteps int64 // of matching Lua patterns
}

// Lower returns the tighter of each two bounds.
func (l ScriptLimits) Lower(other ScriptLimits) ScriptLimits {
	return ScriptLimits{
		tighter(l.TimeMs, other.TimeMs), tighter(l.Instructions, other.Instructions), tighter(l.Memory, other.Memory), tighter(l.Commands, other.Commands),
		tighter(l.Written, other.Written), tighter(l.Reply, other.Reply), tighter(l.PatternSteps, other.PatternSteps),
	}
}

func tighter(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// ScriptLimit is one of the limits: what it is called in errors, in a script's
// first line, and in which unit it counts. The configuration and the rules of
// users have script- before the option's name.
type ScriptLimit struct {
	Which, Option, Unit string
	Of                  func(*ScriptLimits) *int64
}

// EachScriptLimit returns all of them.
func EachScriptLimit() []ScriptLimit {
	return []ScriptLimit{
		{"time", "time-limit", "milliseconds", func(l *ScriptLimits) *int64 { return &l.TimeMs }},
		{"instructions", "instruction-limit", "instructions", func(l *ScriptLimits) *int64 { return &l.Instructions }},
		{"memory", "memory-limit", "bytes", func(l *ScriptLimits) *int64 { return &l.Memory }},
		{"commands", "command-limit", "commands", func(l *ScriptLimits) *int64 { return &l.Commands }},
		{"written", "write-limit", "bytes", func(l *ScriptLimits) *int64 { return &l.Written }},
		{"reply", "reply-limit", "bytes", func(l *ScriptLimits) *int64 { return &l.Reply }},
		{"pattern", "pattern-limit", "steps", func(l *ScriptLimits) *int64 { return &l.PatternSteps }},
	}
}

// userLimits is the names of the limits in the rules of users.
func userLimits() []string {
	var names []string
	for _, l := range EachScriptLimit() {
		names = append(names, "script-"+l.Option)
	}
	return names
}

// LowerLimits lowers the limits of a script to those that the client's user
// has.
func (c *Client) LowerLimits(l *ScriptLimits) {
	limits := c.user.Limits()
	if len(limits) == 0 {
		return
	}
	var own ScriptLimits
	each := EachScriptLimit()
	for _, limit := range limits {
		*each[limit.Index].Of(&own) = limit.Bound
	}
	*l = l.Lower(own)
}
