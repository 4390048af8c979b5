package engine

import "fmt"

// A Rehearsal is what a command did that ran for trial: see Engine.Rehearse.
type Rehearsal struct {
	Err          error            // that the command replied with, or nil
	Commands     []RehearsedCalls // of scripts, in the order of their first calls
	Keys         []RehearsedKey   // that these commands named or that changed, in the order of their appearance
	KeysOmitted  int              // further ones, which were not noted
	Databases    []int            // that were emptied or swapped as a whole
	JournalBytes int              // of the unit's effects
}

// RehearsedCalls is what a script did with one command.
type RehearsedCalls struct {
	Name   string
	Calls  int
	Errors int
	Writes int // calls that changed something
}

// RehearsedKey is a key that a script looked at or changed.
type RehearsedKey struct {
	DB            int
	Key           []byte
	Read, Written bool
	Before        KeyState
	After         KeyState // the same unless it was written
}

// rehearsal is a command in trial.
type rehearsal struct {
	e        *Engine
	report   *Rehearsal
	commands map[*tableEntry]int // places in report.Commands
	keys     map[dbKey]int       // places in report.Keys
}

const maxRehearsedKeys = 1000

// Rehearse runs a command for c as if c had sent it, and undoes all that it
// changes, so that nobody notices: no effect, message or event stays, no client
// is woken, and no key counts as used. may says whether it is a command whose
// whole work is within the databases; only these can be taken back. The reply
// goes to w, unless Err is set. The error says why the command did not run.
func (e *Engine) Rehearse(c *Client, argv [][]byte, may func(*Command) bool, w Reply) (*Rehearsal, error) {
	cmd, err := e.admit(c, argv)
	if err != nil {
		return nil, err
	}
	if !may(&cmd.Command) {
		return nil, Errf("'" + cmd.Name + "' is neither a script nor a function nor a command of a module")
	}
	r := &rehearsal{e: e, report: &Rehearsal{}, commands: map[*tableEntry]int{}, keys: map[dbKey]int{}}
	u := &e.unit
	noTouch, lean, written, stats, outer := e.noTouch, u.lean, u.written, e.stats, c.argv
	point := u.mark()
	u.lastDB, u.lean = -1, false // the effects are to be whole, and to be read by themselves
	e.noTouch, e.rehearsal, c.argv = true, r, argv
	if cmd.Run != nil {
		err = cmd.Run(e.dbs[c.db], cmd.args(argv), w)
	} else {
		err = cmd.RunClient(c, cmd.args(argv), w)
	}
	r.report.Err = err
	r.readEffects(u.effects[point.effects:])
	for i := range r.report.Keys {
		r.report.Keys[i].After = r.state(i)
	}
	u.rollback(point)
	for i := range r.report.Keys {
		r.report.Keys[i].Before = r.state(i)
	}
	e.noTouch, e.rehearsal, c.argv = noTouch, nil, outer
	u.lean, u.written = lean, written
	e.stats.hits, e.stats.misses, e.stats.expired, e.stats.expiredFields = stats.hits, stats.misses, stats.expired, stats.expiredFields
	return r.report, nil
}

// called notes a command that a script has called; changed says that there
// are more effects than before.
func (r *rehearsal) called(c *Client, cmd *tableEntry, argv [][]byte, changed bool, err error) {
	r.count(cmd, changed, err)
	refs, err := cmd.keys(argv)
	if err != nil {
		return
	}
	for _, ref := range refs {
		if ref.Flags&NotKey != 0 {
			continue
		}
		if key := r.key(c.db, argv[ref.Pos]); key != nil && ref.Flags&(RO|Access) != 0 {
			key.Read = true
		}
	}
}

// count notes a call, which may have been refused.
func (r *rehearsal) count(cmd *tableEntry, changed bool, err error) {
	i, known := r.commands[cmd]
	if !known {
		i = len(r.report.Commands)
		r.commands[cmd] = i
		r.report.Commands = append(r.report.Commands, RehearsedCalls{Name: cmd.Name})
	}
	calls := &r.report.Commands[i]
	calls.Calls++
	if err != nil {
		calls.Errors++
	}
	if changed {
		calls.Writes++
	}
}

// key is the note of a key, nil when there are too many.
func (r *rehearsal) key(db int, key []byte) *RehearsedKey {
	i, known := r.keys[dbKey{db, string(key)}]
	if !known {
		if i = len(r.report.Keys); i == maxRehearsedKeys {
			r.report.KeysOmitted++
			return nil
		}
		r.keys[dbKey{db, string(key)}] = i
		r.report.Keys = append(r.report.Keys, RehearsedKey{DB: db, Key: append([]byte{}, key...)})
	}
	return &r.report.Keys[i]
}

func (r *rehearsal) state(i int) KeyState {
	k := &r.report.Keys[i]
	return r.e.dbs[k.DB].state(k.Key)
}

// readEffects notes which keys were written.
func (r *rehearsal) readEffects(effects []byte) {
	r.report.JournalBytes = len(effects)
	written := func(db int, key []byte) {
		if k := r.key(db, key); k != nil {
			k.Written = true
		}
	}
	err := DecodeUnit(effects, func(f *Effect) error {
		switch f.Op {
		case OpSystemPut, OpSystemDel:
		case OpNamespace:
			r.report.Databases = append(r.report.Databases, f.DB)
		case OpRename:
			written(f.DB, f.Key)
			written(f.ToDB, f.ToKey)
		default:
			written(f.DB, f.Key)
		}
		return nil
	})
	if err != nil {
		panic(fmt.Errorf("effects of a rehearsal: %w", err))
	}
}
