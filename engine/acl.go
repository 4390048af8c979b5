package engine

import "perigee/engine/acl"

// ACLFile is where ACL LOAD and ACL SAVE find and leave the users, as text.
type ACLFile interface {
	// Path is the file's name, for messages.
	Path() string
	Read() (string, error)
	// Write replaces the file in one step.
	Write(text string) error
}

// access is who may do what. Users come from the configuration and the ACL
// file; the journal knows nothing of them.
type access struct {
	users *acl.Users
	file  ACLFile
	log   aclLog

	edited     bool // commands changed users
	ownDefault bool // the default user has rules of its own

	anybody  *acl.User // whom scripts act as that nobody called
	keys     []acl.Key // of the call being checked; used again and again
	channels []acl.Channel
}

func (a *access) init(commands *acl.Commands, file ACLFile) {
	a.users, a.file = acl.NewUsers(commands), file
	a.users.LimitNames = userLimits()
	a.anybody = acl.NewUsers(commands).Default()
}

// SetDefaultPassword makes password the only one of the default user, or with
// an empty one lets everybody in: it is requirepass.
func (e *Engine) SetDefaultPassword(password string) { e.access.users.SetPassword(password) }

// LoadUsers makes the users that the configuration defines, each a name and
// rules, or reads the ACL file where there is one. It is called once all
// commands are there and before the first client.
func (e *Engine) LoadUsers(definitions []string) error {
	e.syncUserDefaults()
	if e.access.file != nil {
		return e.loadUsers()
	}
	before := e.access.users.Default().String()
	err := e.access.users.Declare(definitions)
	e.access.ownDefault = e.access.users.Default().String() != before
	return err
}

// UserDefinitions is the users as LoadUsers reads them, for CONFIG REWRITE, and
// whether commands have changed them since. It leaves the default user out as
// long as requirepass is all that is known of it. With an ACL file there are
// none.
func (e *Engine) UserDefinitions() (definitions []string, edited bool) {
	a := &e.access
	for _, u := range a.users.All() {
		if u != a.users.Default() || a.ownDefault {
			definitions = append(definitions, u.Definition())
		}
	}
	return definitions, a.edited && a.file == nil
}

// syncUserDefaults tells the users what acl-pubsub-default says now.
func (e *Engine) syncUserDefaults() { e.access.users.AllChannels = e.settings.ACLEveryChannel }

// loadUsers reads the ACL file. Clients whose user is not there any more are
// disconnected.
func (e *Engine) loadUsers() error {
	text, err := e.access.file.Read()
	if err != nil {
		return err
	}
	e.syncUserDefaults()
	changes, removed, err := e.access.users.Load(e.access.file.Path(), text)
	if err != nil {
		return err
	}
	for _, u := range removed {
		e.dropClientsOf(u)
	}
	for _, change := range changes {
		e.userChanged(change)
	}
	return nil
}

// userChanged disconnects the clients that are subscribed to what their user
// may not be subscribed to any more.
func (e *Engine) userChanged(change acl.Change) {
	if !change.Lost {
		return
	}
	for _, c := range e.clients.sorted() {
		if c.user == change.User && !c.maySubscribe() {
			e.dismiss(c)
		}
	}
}

// maySubscribe tells whether the client may be subscribed to all that it is.
func (c *Client) maySubscribe() bool {
	for name := range c.subs.patterns {
		if !c.user.PermitsChannel([]byte(name), true) {
			return false
		}
	}
	for _, places := range []map[string]*waiter[string]{c.subs.channels, c.subs.shards} {
		for name := range places {
			if !c.user.PermitsChannel([]byte(name), false) {
				return false
			}
		}
	}
	return true
}

// dropClientsOf disconnects the clients of a user that is no more.
func (e *Engine) dropClientsOf(u *acl.User) {
	for _, c := range e.clients.sorted() {
		if c.user == u {
			c.user, c.authed = e.access.users.Default(), false
			e.dismiss(c)
		}
	}
}

// dismiss closes a client, the one whose command runs after its reply.
func (e *Engine) dismiss(c *Client) {
	if c.argv != nil {
		c.CloseSoon()
		return
	}
	c.Close()
}

// forgetUser makes the client what one is that has not said who it is.
func (c *Client) forgetUser() {
	c.user = c.e.access.users.Default()
	c.authed = c.user.Open()
}

// ActFor makes a script's client act with the permissions of the client whose
// command runs the script; without it, it may do everything. Trusted code may,
// too, but can ask with May what the other may do.
func (c *Client) ActFor(caller *Client, trusted bool) {
	c.caller, c.user, c.trusted = caller, caller.user, trusted
}

// describe reads a command line as its execution does: its keys are where the
// command's declaration has them. The result is valid until the next call.
func (a *access) describe(cmd *tableEntry, argv [][]byte) acl.Call {
	call := acl.Call{Command: cmd.id, Exempt: cmd.Flags&NoAuth != 0}
	if rest := cmd.args(argv); len(rest) > 0 {
		call.First = rest[0]
	}
	if len(cmd.Keys) > 0 || cmd.KeysFunc != nil {
		call.Keys = a.findKeys(cmd, argv)
	}
	if spec := cmd.Channels; spec != nil {
		a.channels = a.channels[:0]
		for i := spec.First; i < len(argv) && (spec.Many || i == spec.First); i++ {
			a.channels = append(a.channels, acl.Channel{Pos: i, Name: argv[i], Pattern: spec.Pattern})
		}
		call.Channels = a.channels
	}
	return call
}

func (a *access) findKeys(cmd *tableEntry, argv [][]byte) []acl.Key {
	refs, err := []KeyRef(nil), error(errKeyArguments)
	if cmd.arityOK(argv) {
		refs, err = cmd.keys(argv)
	}
	if err != nil { // the command line is not whole: what is there counts
		refs = cmd.keysThere(argv)
	}
	a.keys = a.keys[:0]
	for _, ref := range refs {
		if ref.Flags&NotKey == 0 {
			a.keys = append(a.keys, acl.Key{
				Pos: ref.Pos, Name: argv[ref.Pos],
				Read: ref.Flags&Access != 0, Write: ref.Flags&(Update|Insert|Delete) != 0,
			})
		}
	}
	return a.keys
}

// check tells whether the client may run a command, and notes if it may not.
func (c *Client) check(cmd *tableEntry, argv [][]byte, context string) acl.Denial {
	call := c.e.access.describe(cmd, argv)
	d := c.user.Check(&call)
	if d.Reason != acl.None {
		c.e.stats.denied[d.Reason]++
		c.e.access.note(c, d.Reason, context, denied(cmd, argv, d), c.user.Name)
	}
	return d
}

// denied names what was denied.
func denied(cmd *tableEntry, argv [][]byte, d acl.Denial) string {
	if d.Reason == acl.Command {
		return cmd.Name
	}
	return string(argv[d.Pos])
}

// denialContext is where a client's command stands that comes from outside.
func (c *Client) denialContext() string {
	if c.multi != nil {
		return "multi"
	}
	return "toplevel"
}

// denialText says what a user may not do. The names of keys and channels are
// for those who ask on the user's behalf.
func denialText(u *acl.User, cmd *tableEntry, argv [][]byte, d acl.Denial, named bool) string {
	what := map[acl.Reason]string{acl.KeyAccess: "key", acl.ChannelAccess: "channel"}[d.Reason]
	switch {
	case d.Reason == acl.Command:
		return "User " + u.Name + " has no permissions to run the '" + cmd.Name + "' command"
	case named:
		return "User " + u.Name + " has no permissions to access the '" + denied(cmd, argv, d) + "' " + what
	}
	return "No permissions to access a " + what
}

// permit refuses what the client's user may not do. Whoever is unrestricted
// need not ask.
func (c *Client) permit(cmd *tableEntry, argv [][]byte) error {
	d := c.check(cmd, argv, c.denialContext())
	if d.Reason == acl.None {
		return nil
	}
	return &Error{"NOPERM", denialText(c.user, cmd, argv, d, false)}
}

// permitQueued asks again for a command that was queued, as rules may have
// changed since.
func (c *Client) permitQueued(q queuedCommand) error {
	var why string
	switch c.check(q.cmd, q.argv, "multi").Reason {
	case acl.None:
		return nil
	case acl.Command:
		why = "no permission to execute the command or subcommand"
	case acl.KeyAccess:
		why = "no permission to touch the specified keys"
	case acl.ChannelAccess:
		why = "no permission to access one of the channels used as arguments"
	}
	return &Error{"NOPERM", "ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: " + why}
}

// permitScripted is permit for the commands of a script.
func (c *Client) permitScripted(cmd *tableEntry, argv [][]byte) error {
	d := c.check(cmd, argv, "lua")
	if d.Reason == acl.None {
		return nil
	}
	return Errf("ACL failure in script: " + denialText(c.user, cmd, argv, d, false))
}

// May tells whether the client may run a command line; the error is for one
// that does not exist. Nothing is noted.
func (c *Client) May(argv [][]byte) (bool, error) {
	cmd, known := c.e.table.lookup(argv)
	if !known {
		return false, errUnknownCommand(argv)
	}
	if c.user.Unrestricted() {
		return true, nil
	}
	call := c.e.access.describe(cmd, argv)
	return c.user.Check(&call).Reason == acl.None, nil
}

// readsAnyKey tells whether the client may read all keys that the running
// command may come to by following patterns.
func (c *Client) readsAnyKey() bool {
	if c.trusted || c.user.Unrestricted() {
		return true
	}
	cmd, known := c.e.table.lookup(c.argv)
	if !known {
		return false
	}
	call := c.e.access.describe(cmd, c.argv)
	return c.user.ReadsAnyKey(&call)
}
