package acl

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// commands is a small table: plain commands, and containers with subcommands.
func commands() *Commands {
	c := NewCommands()
	c.Add("get", []string{"read", "string", "fast"})
	c.Add("set", []string{"write", "string", "slow"})
	c.Add("hget", []string{"read", "hash", "fast"})
	c.Add("hset", []string{"write", "hash", "fast"})
	c.Add("select", []string{"connection", "fast"})
	c.Add("config", []string{"slow"})
	c.Add("config|get", []string{"admin", "dangerous", "slow"})
	c.Add("config|set", []string{"admin", "dangerous", "slow"})
	c.Add("client", []string{"slow"})
	c.Add("client|id", []string{"connection", "slow"})
	return c
}

var every = []string{"get", "set", "hget", "hset", "select", "config", "config|get", "config|set", "client", "client|id"}

// permitted lists the commands that a user may call without arguments.
func permitted(us *Users, u *User) string {
	var names []string
	for _, name := range every {
		if u.Check(&Call{Command: us.commands.ids[name]}).Reason == None {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func set(t testing.TB, us *Users, name string, rules string) *User {
	t.Helper()
	change, err := us.Set(name, strings.Split(rules, " "))
	if err != nil {
		t.Fatalf("%s: %v", rules, err)
	}
	return change.User
}

func TestRulesAboutCommands(t *testing.T) {
	for _, test := range []struct{ name, rules, shown, may string }{
		{"nothing at first", "on", "-@all", ""},
		{"all", "+@all", "+@all", strings.Join(every, " ")},
		{"a category, then a command out of it", "+@read -get", "-@all +@read -get", "hget"},
		{"a category given again moves to the end", "+@read +@write +@read", "-@all +@write +@read", "get set hget hset"},
		{"a category taken away replaces the one added", "+@all +@read -@read", "+@all -@read", "set hset select config config|get config|set client client|id"},
		{"all makes earlier rules void", "+get -@write +@all", "+@all", strings.Join(every, " ")},
		{"a rule replaces those of the same command", "+get -get +GET", "-@all +get", "get"},
		{"a container replaces its subcommands", "+config|get -config|set +config", "-@all +config", "config config|get config|set"},
		{"a container taken away takes its subcommands", "+@all -config", "+@all -config", "get set hget hset select client client|id"},
		{"a subcommand alone", "+config|get", "-@all +config|get", "config|get"},
		{"a category of a container is that of its subcommands", "+@slow", "-@all +@slow", "set config config|get config|set client client|id"},
		{"a rule without effect stays for commands to come", "-@dangerous", "-@all -@dangerous", ""},
		{"upper case", "+@READ -GET", "-@all +@read -get", "hget"},
		{"a first argument", "+select|0 +select|A", "-@all +select|0 +select|a", ""},
		{"a command replaces its first arguments", "+select|0 +select|1 +select", "-@all +select", "select"},
		{"commands in words", "allcommands -get nocommands +set", "-@all +set", "set"},
	} {
		t.Run(test.name, func(t *testing.T) {
			us := NewUsers(commands())
			u := set(t, us, "u", test.rules)
			if got := u.Selectors()[0].CommandRules(); got != test.shown {
				t.Errorf("shown as %q, want %q", got, test.shown)
			}
			if got := permitted(us, u); got != test.may {
				t.Errorf("may %q, want %q", got, test.may)
			}
		})
	}
}

func TestFirstArgumentsPermitOnlyThemselves(t *testing.T) {
	us := NewUsers(commands())
	u := set(t, us, "u", "+select|0 +select|Ab")
	for first, want := range map[string]Reason{"0": None, "aB": None, "1": Command, "": Command} {
		if got := u.Check(&Call{Command: us.commands.ids["select"], First: []byte(first)}).Reason; got != want {
			t.Errorf("select %q: %v, want %v", first, got, want)
		}
	}
}

func TestRulesThatCannotBe(t *testing.T) {
	for rule, want := range map[string]error{
		"word": ErrSyntax, "%~a": ErrSyntax, "%": ErrSyntax, "%x~a": ErrSyntax, "%rr~a": ErrSyntax, "~a\x00": ErrSyntax, "&a b": ErrSyntax,
		"+nothing": ErrUnknown, "-nothing": ErrUnknown, "+@nothing": ErrUnknown, "-@": ErrUnknown, "+": ErrUnknown, "+|get": ErrUnknown, "-select|0": ErrUnknown,
		"+config|nothing": ErrUnknown, "+config|get|x": ErrFirstArg, "+config|": ErrSyntax, "+select|": ErrSyntax, "+select|0|1": ErrUnknown,
		"#12": ErrHash, "#" + strings.Repeat("A", 64): ErrHash, "!12": ErrHash, "!" + strings.Repeat("a", 64): ErrNoPassword, "<nothing": ErrNoPassword,
		"(on)": ErrSyntax, "(+nothing)": ErrUnknown, "((+get))": ErrSyntax,
	} {
		us := NewUsers(commands())
		u := set(t, us, "u", "on +get")
		before := u.String()
		if _, err := us.Set("u", []string{"off", "~k", rule}); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", rule, err, want)
		}
		if u.String() != before {
			t.Errorf("%q changed the user to %s", rule, u)
		}
	}
	us := NewUsers(commands())
	set(t, us, "u", "~* &*")
	for rule, want := range map[string]error{"~a": ErrAllKeys, "%R~a": ErrAllKeys, "&a": ErrAllChannels} {
		if _, err := us.Set("u", []string{rule}); !errors.Is(err, want) {
			t.Errorf("%q after all: %v, want %v", rule, err, want)
		}
	}
}

func TestKeysAndChannels(t *testing.T) {
	us := NewUsers(commands())
	u := set(t, us, "u", "+@all ~k* %R~r* %W~w* %R~m %W~m &c* (~s* +get)")
	get := us.commands.ids["get"]
	for _, test := range []struct {
		key         string
		read, write bool
		want        Reason
	}{
		{"k1", true, true, None}, {"r1", true, false, None}, {"r1", true, true, KeyAccess}, {"r1", false, true, KeyAccess},
		{"w1", false, true, None}, {"w1", true, false, KeyAccess}, {"m", true, true, None}, {"x", false, false, KeyAccess},
		{"w1", false, false, None}, {"s1", true, true, None},
	} {
		call := Call{Command: get, Keys: []Key{{Pos: 1, Name: []byte(test.key), Read: test.read, Write: test.write}}}
		if got := u.Check(&call).Reason; got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
	both := Call{Command: get, Keys: []Key{{Pos: 1, Name: []byte("k"), Read: true}, {Pos: 2, Name: []byte("s"), Read: true}}}
	if d := u.Check(&both); d != (Denial{KeyAccess, 2}) {
		t.Errorf("keys of two selectors: %+v", d)
	}
	for _, test := range []struct {
		channel string
		pattern bool
		want    Reason
	}{{"c1", false, None}, {"d", false, ChannelAccess}, {"c*", true, None}, {"c1", true, ChannelAccess}} {
		call := Call{Command: get, Channels: []Channel{{Pos: 1, Name: []byte(test.channel), Pattern: test.pattern}}}
		if got := u.Check(&call).Reason; got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}

func TestPasswords(t *testing.T) {
	us := NewUsers(commands())
	u := set(t, us, "u", "on >one >two")
	for word, want := range map[string]bool{"one": true, "two": true, "": false, "three": false} {
		if u.Accepts([]byte(word)) != want {
			t.Errorf("accepts %q: %v", word, !want)
		}
	}
	if strings.Contains(u.String(), "one") {
		t.Error("the password is kept")
	}
	set(t, us, "u", "<one nopass off")
	if u.Accepts([]byte("two")) {
		t.Error("a user that is off may log in")
	}
	set(t, us, "u", "on")
	if !u.Accepts([]byte("any")) || len(u.Passwords()) != 0 {
		t.Error("nopass asks for a password")
	}
	us.SetPassword("secret")
	if d := us.Default(); d.NoPass() || !d.Accepts([]byte("secret")) || d.Accepts(nil) {
		t.Error("the default user's password")
	}
}

func TestUnrestricted(t *testing.T) {
	for rules, want := range map[string]bool{
		"+@all ~* &*": true, "+@all ~* &* off": true, "+@all ~*": false, "+@all &*": false, "~* &*": false, "+@all ~* &* -get +get": false,
		"(+@all ~* &*)": true, "+@all %RW~* &*": false,
	} {
		if u := set(t, NewUsers(commands()), "u", rules); u.Unrestricted() != want {
			t.Errorf("%s: %v", rules, !want)
		}
	}
}

func TestCommandsThatComeLater(t *testing.T) {
	c := commands()
	us := NewUsers(c)
	all, reader := set(t, us, "all", "+@all -set"), set(t, us, "reader", "+@read")
	id := c.Add("later", []string{"read"})
	us.Recompute()
	may := func(u *User) bool { return u.Check(&Call{Command: id}).Reason == None }
	if !may(all) || !may(reader) {
		t.Error("a command that came is not permitted")
	}
	set(t, us, "named", "+later")
	c.Remove("later")
	us.Recompute()
	if may(reader) || may(us.Find("named")) {
		t.Error("rules apply to a command that is gone")
	}
	if again := c.Add("later", []string{"write"}); again != id {
		t.Errorf("number %d, was %d", again, id)
	}
	us.Recompute()
	if may(reader) || !may(us.Find("named")) {
		t.Error("a command that is back is permitted by its old categories")
	}
}

func TestLoad(t *testing.T) {
	us := NewUsers(commands())
	stays, goes := set(t, us, "stays", "on +get &a"), set(t, us, "goes", "on")
	us.SetPassword("x")
	changes, removed, err := us.Load("f", "\n user stays on +set  \r\nuser comes off\n")
	if err != nil || len(removed) != 1 || removed[0] != goes || len(changes) != 3 {
		t.Fatalf("%v %v %v", changes, removed, err)
	}
	if us.Find("stays") != stays || stays.Selectors()[0].CommandRules() != "-@all +set" || !us.Default().Open() {
		t.Errorf("users:\n%s", us)
	}
	for _, change := range changes {
		if change.Lost != (change.User == stays) {
			t.Errorf("%s lost channels: %v", change.User.Name, change.Lost)
		}
	}
	before := us.String()
	_, _, err = us.Load("f", "foo\nuser a on\nuser a off\nuser b +x -y word other\nuser c (~a\nuser d\te on")
	const want = "f:1 should start with user keyword followed by the username. WARNING: Duplicate user 'a' found on line 3. " +
		"f:4: Error in applying operation '+x': Unknown command or category name in ACL. f:4: Error in applying operation '-y': Unknown command or category name in ACL. f:4: Syntax error. " +
		"f:5: Unmatched parenthesis in selector definition. 'f:6: username 'd\te' contains invalid characters. " +
		"WARNING: ACL errors detected, no change to the previously active ACL rules was performed"
	if err == nil || err.Error() != want || us.String() != before {
		t.Errorf("%v\n%s", err, us)
	}
}

func TestDeclare(t *testing.T) {
	us := NewUsers(commands())
	if err := us.Declare([]string{`a on >"p w" ~x`, "default on >x +@all ( ~b +get )"}); err != nil {
		t.Fatal(err)
	}
	if !us.Find("a").Accepts([]byte("p w")) || us.Default().NoPass() || us.Default().Unrestricted() {
		t.Errorf("users:\n%s", us)
	}
	for definition, want := range map[string]string{
		"b word": "user b: rule 'word': Syntax error", "b <secret": "user b: The password you are trying to remove from the user does not exist",
		"": "the definition of a user has unbalanced quotes, or no name", "b (~a": "user b: Unmatched parenthesis in acl selector starting at '(~a'.",
	} {
		if err := us.Declare([]string{definition}); err == nil || err.Error() != want {
			t.Errorf("%q: %v", definition, err)
		}
	}
	if err := us.Declare([]string{"b on", "b off"}); !errors.Is(err, ErrDuplicate) {
		t.Error(err)
	}
}

// words are rules of every kind, for sequences of any.
func words() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"on", "off", "nopass", "resetpass", ">a", ">b", "<a", "sanitize-payload", "skip-sanitize-payload",
		"~*", "~a*", "%R~a*", "%W~b", "~", "resetkeys", "&*", "&c*", "&", "resetchannels", "+@all", "-@all", "+@read", "-@read", "+@slow", "-@slow", "-@write",
		"+get", "-get", "+config", "-config", "+config|get", "-config|get", "+select|0", "+select|1", "+select", "-select", "(~x +get)", "(+@all -config|set)", "(", ")",
		"(~y", "+hset)", "clearselectors", "reset", "", "+nothing", "(on)"})
}

// TestUsersComeBack applies random rules: what is shown of a user makes it
// again, and what it permits follows from what is shown.
func TestUsersComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		us := NewUsers(commands())
		us.AllChannels = rapid.Bool().Draw(t, "allchannels")
		for range rapid.IntRange(1, 8).Draw(t, "times") {
			_, _ = us.Set("u", rapid.SliceOfN(words(), 1, 6).Draw(t, "rules"))
		}
		checkComesBack(t, us)
	})
}

func checkComesBack(t interface{ Fatalf(string, ...any) }, us *Users) {
	text := us.String()
	may := map[string]string{}
	for _, u := range us.All() {
		may[u.Name] = permitted(us, u)
	}
	us.Recompute()
	again := NewUsers(us.commands)
	if _, _, err := again.Load("file", text); err != nil {
		t.Fatalf("%s\ndoes not load: %v", text, err)
	}
	if again.String() != text || us.String() != text {
		t.Fatalf("%s\ncomes back as\n%s", text, again)
	}
	for _, u := range us.All() {
		if got, want := permitted(us, u), may[u.Name]; got != want || permitted(again, again.Find(u.Name)) != want {
			t.Fatalf("%s\npermits %q, then %q and %q", u, want, got, permitted(again, again.Find(u.Name)))
		}
		declared := NewUsers(us.commands)
		if err := declared.Declare([]string{u.Definition()}); err != nil || declared.Find(u.Name).String() != u.String() {
			t.Fatalf("%s\nis declared as %s: %v", u, declared, err)
		}
	}
}

// FuzzRules has no rules panic, and users come back whose patterns have
// nothing in them that means something in a file.
func FuzzRules(f *testing.F) {
	for _, seed := range []string{"on >a ~* &* +@all", "( ~a +get ) (", "%R~a %W~a -@all +config|get", "(~\"a", "reset\x00", "+select|0 -select", "# ! < > ~ & % + - @ ( )"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		us := NewUsers(commands())
		for _, rule := range strings.Split(text, " ") {
			_, _ = us.Set("u", []string{rule})
		}
		_, _ = us.Set("v", strings.Split(text, " "))
		_ = NewUsers(us.commands).Declare([]string{text})
		_, _, _ = NewUsers(us.commands).Load("f", text)
		us.Recompute()
		if strings.ContainsAny(text, "\"'\\()\n") {
			return
		}
		checkComesBack(t, us)
	})
}
