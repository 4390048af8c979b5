package scripting

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"perigee/engine"
	"perigee/engine/resp"
)

func (s *Scripting) explainCommand() engine.Command {
	return engine.Command{
		Name: "script|explain", Group: engine.GroupScripting, Since: "perigee 0.1",
		Summary: "Runs a script, function or module command for trial and shows what it does, which is undone.", Complexity: "Depends on the script, and O(N) with N being the number of keys that it names.",
		Args:  []engine.Arg{engine.String("command"), engine.Opt(engine.Many(engine.String("arg")))},
		Arity: -3, Flags: engine.NoScript,
		RunClient: s.scriptExplain,
	}
}

// explainable tells whether a command runs a script.
func explainable(c *engine.Command) bool {
	return c.Flags&engine.FromModule != 0 || slices.Contains([]string{"eval", "eval_ro", "evalsha", "evalsha_ro", "fcall", "fcall_ro"}, c.Name)
}

// scriptExplain is SCRIPT EXPLAIN: it runs a command as the client would, with
// the same permissions and limits, and replies with what it did.
func (s *Scripting) scriptExplain(c *engine.Client, args engine.Args, w engine.Reply) error {
	if s.debugs(c) != nil {
		return engine.Errf("SCRIPT EXPLAIN does not debug: SCRIPT DEBUG NO ends that")
	}
	var reply resp.Writer
	reply.SetProto(c.Proto())
	began := s.clock()
	s.finished.run, s.explaining = nil, true
	report, err := s.e.Rehearse(c, args, explainable, &reply)
	e := explanation{Rehearsal: report, took: s.clock() - began, now: s.e.Now()}
	if s.finished.run != nil { // it came to a run
		e.instructions, e.memory = s.finished.Instructions, s.finished.Memory
	}
	s.finished.run, s.explaining = nil, false
	if err != nil {
		return err
	}
	e.write(&c.Out, reply.Bytes())
	return nil
}

// explanation is what SCRIPT EXPLAIN replies.
type explanation struct {
	*engine.Rehearsal
	instructions, memory int64
	took                 time.Duration
	now                  int64
}

func (e *explanation) write(w *resp.Writer, reply []byte) {
	w.Map(10)
	w.BulkString("reply")
	if e.Err == nil {
		w.Raw(reply)
	} else {
		w.Null()
	}
	w.BulkString("error")
	if e.Err == nil {
		w.Null()
	} else {
		w.BulkString(wireError(e.Err))
	}
	w.BulkString("commands")
	w.Array(len(e.Commands))
	for _, c := range e.Commands {
		w.Map(4)
		w.BulkString("command")
		w.BulkString(strings.ReplaceAll(c.Name, "|", " "))
		writeNumbers(w, number64{"calls", int64(c.Calls)}, number64{"errors", int64(c.Errors)}, number64{"writes", int64(c.Writes)})
	}
	w.BulkString("keys")
	w.Array(len(e.Keys))
	for i := range e.Keys {
		e.writeKey(w, &e.Keys[i])
	}
	writeNumbers(w, number64{"keys-omitted", int64(e.KeysOmitted)})
	w.BulkString("databases-emptied")
	w.Array(len(e.Databases))
	for _, db := range e.Databases {
		w.Int(int64(db))
	}
	writeNumbers(w, number64{"instructions", e.instructions}, number64{"memory-bytes", e.memory}, number64{"microseconds", e.took.Microseconds()},
		number64{"journal-bytes", int64(e.JournalBytes)})
}

// number64 is a field whose value is an integer.
type number64 struct {
	name  string
	value int64
}

func writeNumbers(w engine.Reply, fields ...number64) {
	for _, f := range fields {
		w.BulkString(f.name)
		w.Int(f.value)
	}
}

// writeKey replies with a key, and its state before; after too if it was
// written.
func (e *explanation) writeKey(w engine.Reply, k *engine.RehearsedKey) {
	access := "named"
	switch {
	case k.Read && k.Written:
		access = "read, written"
	case k.Read:
		access = "read"
	case k.Written:
		access = "written"
	}
	fields := 4
	if k.Written {
		fields++
	}
	w.Map(fields)
	w.BulkString("key")
	w.Bulk(k.Key)
	writeNumbers(w, number64{"db", int64(k.DB)})
	w.BulkString("access")
	w.BulkString(access)
	w.BulkString("before")
	e.writeState(w, &k.Before)
	if k.Written {
		w.BulkString("after")
		e.writeState(w, &k.After)
	}
}

// writeState replies with a state in one line of text: type, length, time to
// live and value, or null if there is no such key.
func (e *explanation) writeState(w engine.Reply, s *engine.KeyState) {
	if s.Kind == engine.KindNone {
		w.Null()
		return
	}
	unit := "elements"
	if s.Kind == engine.KindString {
		unit = "bytes"
	}
	if s.Length == 1 {
		unit = strings.TrimSuffix(unit, "s")
	}
	text := fmt.Sprintf("%v of %d %s", s.Kind, s.Length, unit)
	if s.Deadline != 0 {
		text += fmt.Sprintf(", expires in %d ms", s.Deadline-e.now)
	}
	w.BulkString(text + ": " + s.Value)
}
