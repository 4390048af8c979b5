package engine

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// as connects a client that is user u with password p.
func (te *testEngine) as(t *testing.T) *Client {
	t.Helper()
	c := te.connect(t)
	if got := te.on(c, "AUTH u p"); got != "+OK\r\n" {
		t.Fatalf("AUTH: %q", got)
	}
	return c
}

// TestWhoLosesTheConnection changes and deletes a user with clients.
func TestWhoLosesTheConnection(t *testing.T) {
	for _, test := range []struct {
		subscribed, change string
		closed             bool
	}{
		{"SUBSCRIBE ca", "SETUSER u resetchannels", true},
		{"SUBSCRIBE ca", "SETUSER u &d", false},
		{"SUBSCRIBE ca", "SETUSER u -subscribe", false},
		{"PSUBSCRIBE c*", "SETUSER u resetchannels &ca", true},
		{"SUBSCRIBE ca", "SETUSER u resetchannels &ca", false},
		{"SSUBSCRIBE ca", "SETUSER u resetchannels &cb", true},
		{"PING", "SETUSER u resetchannels", false},
		{"SUBSCRIBE ca", "SETUSER u off", false},
		{"SUBSCRIBE ca", "SETUSER u resetpass", false},
		{"SUBSCRIBE ca", "SETUSER u resetchannels (&c* +get)", false},
		{"SUBSCRIBE ca", "SETUSER u reset", true},
		{"SUBSCRIBE ca", "SETUSER u reset on &c*", false},
		{"SUBSCRIBE ca", "SETUSER u resetchannels word", false},
		{"PING", "DELUSER u", true},
		{"MULTI", "DELUSER nobody u", true},
	} {
		te := newTestEngine(t)
		te.do("ACL SETUSER u on >p ~* &c* +@all")
		c, other := te.as(t), te.connect(t)
		te.on(c, test.subscribed)
		te.do("ACL " + test.change)
		if c.ShouldClose() != test.closed || other.ShouldClose() {
			t.Errorf("%s, then ACL %s: closed %v", test.subscribed, test.change, c.ShouldClose())
		}
		if err := te.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestWhoDeletesItselfIsAnswered(t *testing.T) {
	te := newTestEngine(t)
	te.do("ACL SETUSER u on >p ~* &* +@all")
	c := te.as(t)
	if got := te.on(c, "ACL DELUSER u"); got != ":1\r\n" || !c.CloseAfterReply() || c.ShouldClose() {
		t.Errorf("%q, closed after the reply: %v, at once: %v", got, c.CloseAfterReply(), c.ShouldClose())
	}
}

// TestBlockedClientIsAskedAgain takes away what a client waits for.
func TestBlockedClientIsAskedAgain(t *testing.T) {
	const noKey, noCommand = "-NOPERM No permissions to access a key\r\n", "-NOPERM User u has no permissions to run the 'blpop' command\r\n"
	for change, want := range map[string]string{
		"resetkeys": noKey, "-blpop": noCommand, "-get": "*2\r\n$1\r\nl\r\n$1\r\na\r\n", "resetkeys %R~*": noKey,
	} {
		te := newTestEngine(t)
		te.do("ACL SETUSER u on >p ~* &* +@all")
		c := te.as(t)
		te.on(c, "BLPOP l 0")
		te.do("ACL SETUSER u " + change)
		te.do("RPUSH l a")
		if got := string(c.Out.Bytes()); got != want || c.InputPaused() {
			t.Errorf("%s: got %q", change, got)
		}
	}
}

func TestACLLog(t *testing.T) {
	te := newTestEngine(t)
	te.do("ACL SETUSER u on >p ~k &c +@all -@dangerous")
	c := te.as(t)
	te.on(c, "AUTH nobody secret")
	te.on(c, "GET x")
	te.advance(2500 * time.Millisecond)
	te.on(c, "GET x")
	te.on(c, "MULTI")
	te.on(c, "GET x")
	te.on(c, "DISCARD")
	te.on(c, "KEYS *")
	te.on(c, "PUBLISH d x")
	te.advance(time.Second)
	got := te.do("ACL LOG")
	if n := strings.Count(got, "*20\r\n"); n != 5 {
		t.Errorf("%d entries: %s", n, got)
	}
	flat := strings.Join(strings.FieldsFunc(got, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
	for _, want := range []string{
		"$5 count :2 $6 reason $3 key $7 context $8 toplevel $6 object $1 x $8 username $1 u $11 age-seconds $1 1 ",
		"$8 entry-id :1 $17 timestamp-created :1700000000000 $22 timestamp-last-updated :1700000002500",
		"$6 reason $3 key $7 context $5 multi", "$6 reason $7 command $7 context $8 toplevel $6 object $4 keys",
		"$6 reason $7 channel $7 context $8 toplevel $6 object $1 d", "$6 reason $4 auth $7 context $8 toplevel $6 object $4 AUTH $8 username $6 nobody", " user=u ",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("no %q in %s", want, flat)
		}
	}
	if strings.Contains(got, "secret") {
		t.Error("the password is shown")
	}
	info := te.do("INFO stats")
	for _, want := range []string{"acl_access_denied_auth:1", "acl_access_denied_cmd:1", "acl_access_denied_key:3", "acl_access_denied_channel:1"} {
		if !strings.Contains(info, want) {
			t.Errorf("INFO has no %s", want)
		}
	}
	te.advance(time.Hour)
	te.settings.ACLLogMaxLen = 2
	te.on(c, "GET x")
	if got := te.do("ACL LOG"); strings.Count(got, "*20\r\n") != 2 || !strings.Contains(got, ":5\r\n") {
		t.Errorf("after the bound: %s", got)
	}
}

// textFile is an ACL file in memory.
type textFile struct {
	text string
	err  error
}

func (f *textFile) Path() string            { return "users.acl" }
func (f *textFile) Read() (string, error)   { return f.text, f.err }
func (f *textFile) Write(text string) error { f.text = text; return f.err }
func fileEngine(t *testing.T, f *textFile) *testEngine {
	te := newTestEngine(t)
	te.Engine = New(Options{Clock: func() time.Time { return te.at }, Seed: 1, ACLFile: f})
	te.c = te.connect(t)
	return te
}

func TestACLFile(t *testing.T) {
	f := &textFile{text: "user u on >p ~* &* +@all\nuser other on\n"}
	te := fileEngine(t, f)
	te.SetDefaultPassword("x")
	if err := te.LoadUsers(nil); err != nil {
		t.Fatal(err)
	}
	c := te.as(t)
	if got := te.do("ACL SAVE"); got != "+OK\r\n" || strings.Count(f.text, "\n") != 3 || strings.Contains(f.text, ">") {
		t.Errorf("saved %q: %q", got, f.text)
	}
	saved := f.text
	te.do("ACL SETUSER u -@all")
	if got := te.do("ACL LOAD"); got != "+OK\r\n" || te.on(c, "GET a") != "$-1\r\n" {
		t.Errorf("loaded: %q", got)
	}
	f.text = "nonsense\n" + saved
	if got := te.do("ACL LOAD"); !strings.HasPrefix(got, "-ERR users.acl:1 should start with user keyword followed by the username. WARNING") || te.on(c, "GET a") != "$-1\r\n" {
		t.Errorf("loaded: %q", got)
	}
	f.text = strings.ReplaceAll(saved, "user u ", "user v ")
	if got := te.do("ACL LOAD"); got != "+OK\r\n" || !c.ShouldClose() {
		t.Errorf("loaded without u: %q, closed %v", got, c.ShouldClose())
	}
	f.err = errors.New("broken")
	if got := te.do("ACL LOAD"); got != "-ERR broken\r\n" {
		t.Errorf("loaded from a broken file: %q", got)
	}
	if got := te.do("ACL SAVE"); got != "-ERR There was an error trying to save the ACLs. Please check the server logs for more information\r\n" {
		t.Errorf("saved to a broken file: %q", got)
	}
	if _, edited := te.UserDefinitions(); edited {
		t.Error("users of a file are meant for the configuration")
	}
}

// TestUserDefinitions is about what CONFIG REWRITE writes.
func TestUserDefinitions(t *testing.T) {
	te := newTestEngine(t)
	if err := te.LoadUsers([]string{"u on nopass +get"}); err != nil {
		t.Fatal(err)
	}
	te.SetDefaultPassword("x")
	check := func(want string, wantEdited bool) {
		t.Helper()
		if got, edited := te.UserDefinitions(); strings.Join(got, "; ") != want || edited != wantEdited {
			t.Errorf("got %q, edited %v; want %q", got, edited, want)
		}
	}
	check("u on nopass sanitize-payload resetchannels -@all +get", false)
	te.do("ACL SETUSER v &*")
	te.do("ACL DELUSER u")
	check("v off sanitize-payload &* -@all", true)
	te.do("ACL SETUSER default nopass")
	check("default on nopass sanitize-payload ~* &* +@all; v off sanitize-payload &* -@all", true)
	if err := te.LoadUsers([]string{"u word"}); err == nil || err.Error() != "user u: rule 'word': Syntax error" {
		t.Error(err)
	}
}

// TestCategoriesAgainstEachOther finds in ACL CAT what COMMAND INFO says.
func TestCategoriesAgainstEachOther(t *testing.T) {
	te := newTestEngine(t)
	for _, top := range te.table.order {
		for _, e := range append([]*tableEntry{top}, top.order...) {
			for _, category := range e.categories() {
				if e.Run == nil && e.RunClient == nil {
					continue
				}
				if got := te.do("ACL CAT " + category); !strings.Contains(got, "\r\n"+e.Name+"\r\n") {
					t.Errorf("%s is not in %s", e.Name, category)
				}
			}
		}
	}
}
