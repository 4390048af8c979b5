package scripting

import (
	"strconv"
	"time"

	"perigee/engine"
)

func (s *Scripting) profileCommand() engine.Command {
	return engine.Command{
		Name: "script|profile", Group: engine.GroupScripting, Since: "perigee 0.1",
		Summary: "Samples the lines, library functions and commands that scripts spend their time on.", Complexity: "O(N log N) with N being the number of stacks, for GET; O(1) otherwise.",
		Args: []engine.Arg{engine.OneOf("action",
			engine.Block("start", engine.Word("start", "START"), engine.Opt(engine.With("EVERY", engine.Integer("microseconds"))), engine.Opt(engine.With("FILTER", engine.String("sha1-or-function")))),
			engine.Word("stop", "STOP"), engine.Word("get", "GET"), engine.Word("reset", "RESET"))},
		Arity: -3, Flags: engine.NoScript | engine.Stale | engine.AllowBusy,
		Run: s.scriptProfile,
	}
}

var (
	errProfiling    = engine.Errf("The profiler is running already")
	errNotProfiling = engine.Errf("The profiler is not running")
)

// scriptProfile is SCRIPT PROFILE START|STOP|GET|RESET.
func (s *Scripting) scriptProfile(_ *engine.Keyspace, args engine.Args, w engine.Reply) error {
	p := &s.profile
	switch {
	case args.Is(0, "START"):
		every, filter, err := parseProfileStart(args[1:])
		if err != nil {
			return err
		}
		if p.on {
			return errProfiling
		}
		p.start(every, filter)
	case len(args) > 1:
		return engine.ErrSyntax
	case args.Is(0, "STOP"):
		if !p.on {
			return errNotProfiling
		}
		p.stop()
	case args.Is(0, "RESET"):
		p.reset()
	case args.Is(0, "GET"):
		p.write(w)
		return nil
	default:
		return engine.ErrSyntax
	}
	w.Status("OK")
	return nil
}

func parseProfileStart(args engine.Args) (every time.Duration, filter string, err error) {
	every = defaultProfileEvery
	for ; len(args) >= 2; args = args[2:] {
		switch {
		case args.Is(0, "EVERY"):
			n, ok := engine.ParseInt(args[1])
			if !ok || n < 0 || n > maxProfileEvery {
				return 0, "", engine.Errf("EVERY is a number of microseconds from 0 to " + strconv.Itoa(maxProfileEvery))
			}
			every = time.Duration(n) * time.Microsecond
		case args.Is(0, "FILTER"):
			filter = string(args[1])
		default:
			return 0, "", engine.ErrSyntax
		}
	}
	if len(args) > 0 {
		return 0, "", engine.ErrSyntax
	}
	return every, filter, nil
}

const maxProfileEvery = 1_000_000

// write replies with one line for each stack, as tools for flame graphs read
// them: frames from the outermost on, and the weight in nanoseconds.
func (p *profiler) write(w engine.Reply) {
	all := p.heaviest()
	w.Array(len(all))
	for _, line := range all {
		w.BulkString(line.stack + " " + strconv.FormatInt(int64(line.weight), 10))
	}
}
