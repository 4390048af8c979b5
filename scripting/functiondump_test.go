package scripting

import (
	"bytes"
	"context"
	"testing"

	"perigee/engine/rdb"
	"perigee/engine/resp"
	"perigee/engine/transcript"
)

func libraryOf(name, function string) string {
	return "#!lua name=" + name + "\nredis.register_function('" + function + "', function() return '" + name + "' end)"
}

// functionPayload is the payload of these sources.
func functionPayload(sources ...string) string {
	var b []byte
	for _, s := range sources {
		b = rdb.AppendString(append(b, byte(rdb.OpFunction)), []byte(s))
	}
	return string(rdb.Seal(b, rdb.Version))
}

// TestFunctionRestore runs the same commands here and, where there is one, on
// the reference.
func TestFunctionRestore(t *testing.T) {
	both := functionPayload(libraryOf("a", "fa"), libraryOf("b", "fb"))
	restore := func(args ...string) []string { return append([]string{"FUNCTION", "RESTORE"}, args...) }
	sealed := func(b string) string { return string(rdb.Seal([]byte(b), rdb.Version)) }
	steps := []struct {
		args []string
		want string
	}{
		{restore(sealed("")), "OK"},
		{restore(functionPayload(libraryOf("a", "fa"))), "OK"},
		{[]string{"FUNCTION", "DUMP"}, ""},
		{restore(both), "(error) ERR Library a already exists"},
		{[]string{"FCALL", "fb", "0"}, "(error) ERR Function not found"},
		{restore(both, "append"), "(error) ERR Library a already exists"},
		{restore(both, "Replace"), "OK"},
		{[]string{"FCALL", "fb", "0"}, `"b"`},
		{restore(both, "FLUSH"), "OK"},
		{restore(both, "REPLACE", "x"), "(error) ERR unknown subcommand or wrong number of arguments for 'RESTORE'. Try FUNCTION HELP."},
		{restore(both, "NEVER"), "(error) ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE."},
		{restore("junk"), "(error) ERR DUMP payload version or checksum are wrong"},
		{restore(sealed("\x00\x01a")), "(error) ERR given type is not a function"},
		{restore(sealed("\xf5\x3fa")), "(error) ERR Failed loading library payload"},
		{restore(sealed("\xf5\x01a")), "(error) ERR Missing library metadata"},
		{restore(functionPayload(libraryOf("c", "fc"), libraryOf("c", "fd"))), "(error) ERR Library 'c' already exists"},
		{restore(functionPayload(libraryOf("c", "fc"), libraryOf("d", "fc"))), "(error) ERR Function fc already exists"},
		{restore(functionPayload(libraryOf("c", "FA"))), "(error) ERR Function FA already exists"},
		{restore(functionPayload(libraryOf("c", "fa")), "REPLACE"), "(error) ERR Function fa already exists"},
		{restore(functionPayload(libraryOf("c", "fc"))+"\x00", "REPLACE"), "(error) ERR DUMP payload version or checksum are wrong"},
		{restore(functionPayload("#!lua name=z\nreturn 1")), "(error) ERR No functions registered"},
		{restore(functionPayload(libraryOf("c", "fa"), libraryOf("a", "other")), "REPLACE"), "OK"},
		{[]string{"FCALL", "fa", "0"}, `"c"`},
		{restore(functionPayload(libraryOf("only", "f")), "FLUSH"), "OK"},
		{[]string{"FCALL", "fa", "0"}, "(error) ERR Function not found"},
		{[]string{"FUNCTION", "DUMP"}, ""},
		{restore(sealed(""), "FLUSH"), "OK"},
		{[]string{"FUNCTION", "LIST"}, "(empty array)"},
	}
	v := newServer(t)
	for _, s := range steps {
		if got := v.do(t, s.args...); s.want != "" && got != s.want {
			t.Errorf("%q:\n got: %s\nwant: %s", s.args, got, s.want)
		}
	}
	ref, err := resp.Dial(context.Background(), "tcp", transcript.StartReference(t).Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer ref.Close()
	for _, s := range steps {
		theirs, err := ref.Do(s.args...)
		if err != nil {
			t.Fatal(err)
		}
		if want, got := theirs.Format(), v.do(t, s.args...); want != got && s.want != "" {
			t.Errorf("%q: the reference replies %s", s.args, want)
		}
		if s.want != "" {
			continue
		}
		v.e.Execute(v.c, [][]byte{[]byte("FUNCTION"), []byte("DUMP")})
		ours, err := resp.NewReader(bytes.NewReader(bytes.Clone(v.c.Out.Bytes()))).Read()
		v.c.Sent(v.c.Out.Len())
		if err != nil {
			t.Fatal(err)
		}
		if got := v.do(t, restore(string(theirs.Str), "REPLACE")...); got != "OK" {
			t.Errorf("restored from the reference's payload: %s", got)
		}
		if reply, err := ref.Do(restore(string(ours.Str), "REPLACE")...); err != nil || reply.Format() != "OK" {
			t.Errorf("restored by the reference: %v %v", reply.Format(), err)
		}
	}
}

func TestFunctionDumpSurvivesARestart(t *testing.T) {
	v := newServer(t)
	v.do(t, "FUNCTION", "RESTORE", functionPayload(libraryOf("a", "fa")))
	source, ok := v.e.System(recordPrefix + "a")
	if !ok || string(source) != libraryOf("a", "fa") {
		t.Fatalf("recorded: %q", source)
	}
	v.do(t, "FUNCTION", "RESTORE", functionPayload(), "FLUSH")
	if source, ok := v.e.System(recordPrefix + "a"); ok {
		t.Fatalf("still recorded: %q", source)
	}
}

// TestFunctionsAreUndone takes back what commands did to libraries.
func TestFunctionsAreUndone(t *testing.T) {
	v := newServer(t)
	v.do(t, "FUNCTION", "LOAD", libraryOf("a", "fa"))
	before := v.do(t, "FUNCTION", "LIST", "WITHCODE")
	for _, args := range [][]string{
		{"FUNCTION", "LOAD", libraryOf("b", "fb")}, {"FUNCTION", "LOAD", "REPLACE", libraryOf("a", "other")}, {"FUNCTION", "DELETE", "a"}, {"FUNCTION", "FLUSH"},
		{"FUNCTION", "RESTORE", functionPayload(libraryOf("c", "fc")), "FLUSH"},
	} {
		v.e.InUnit(func() {
			p := v.e.Savepoint()
			v.do(t, args...)
			v.e.Rollback(p)
		})
		if after := v.do(t, "FUNCTION", "LIST", "WITHCODE"); after != before {
			t.Errorf("%q taken back: %s", args, after)
		}
		if got := v.do(t, "FCALL", "fa", "0"); got != `"a"` {
			t.Errorf("%q taken back: %s", args, got)
		}
	}
}
