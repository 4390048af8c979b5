package engine

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"

	"perigee/engine/acl"
)

// aclCommands are ACL and its subcommands.
func aclCommands() []Command {
	const admin = Admin | NoScript | Loading | Stale
	const plain = NoScript | Loading | Stale
	return []Command{{
		Name: "acl", Group: GroupServer, Since: "6.0.0",
		Summary: "A container for Access List Control commands.", Complexity: "Depends on subcommand.", Arity: -2,
	}, {
		Name: "acl|cat", Group: GroupServer, Since: "6.0.0",
		Summary: "Lists the ACL categories, or the commands inside a category.", Complexity: "O(1) since the categories and commands are a fixed set.",
		Args: []Arg{Opt(String("category"))}, Arity: -2, Flags: plain,
		RunClient: aclCat,
	}, {
		Name: "acl|deluser", Group: GroupServer, Since: "6.0.0",
		Summary: "Deletes ACL users, and terminates their connections.", Complexity: "O(1) amortized time considering the typical user.",
		Args: []Arg{Many(String("username"))}, Arity: -3, Flags: admin,
		Tips:      []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: aclDelUser,
	}, {
		Name: "acl|dryrun", Group: GroupServer, Since: "7.0.0",
		Summary: "Simulates the execution of a command by a user, without executing the command.", Complexity: "O(1).",
		Args: []Arg{String("username"), String("command"), Opt(Many(String("arg")))}, Arity: -4, Flags: admin,
		RunClient: aclDryRun,
	}, {
		Name: "acl|genpass", Group: GroupServer, Since: "6.0.0",
		Summary: "Generates a pseudorandom, secure password that can be used to identify ACL users.", Complexity: "O(1)",
		Args: []Arg{Opt(Integer("bits"))}, Arity: -2, Flags: plain,
		RunClient: aclGenPass,
	}, {
		Name: "acl|getuser", Group: GroupServer, Since: "6.0.0",
		Summary: "Lists the ACL rules of a user.", Complexity: "O(N). Where N is the number of password, command and pattern rules that the user has.",
		Args: []Arg{String("username")}, Arity: 3, Flags: admin,
		RunClient: aclGetUser,
	}, {
		Name: "acl|help", Group: GroupServer, Since: "6.0.0",
		Summary: "Returns helpful text about the different subcommands.", Complexity: "O(1)",
		Arity: 2, Flags: Loading | Stale,
		Run: Help("ACL", []string{
			"CAT [<category>]", "    List all commands that belong to <category>, or all command categories", "    when no category is specified.",
			"DELUSER <username> [<username> ...]", "    Delete a list of users.",
			"DRYRUN <username> <command> [<arg> ...]", "    Returns whether the user can execute the given command without executing the command.",
			"GETUSER <username>", "    Get the user's details.",
			"GENPASS [<bits>]", "    Generate a secure 256-bit user password. The optional `bits` argument can", "    be used to specify a different size.",
			"LIST", "    Show users details in config file format.",
			"LOAD", "    Reload users from the ACL file.",
			"LOG [<count> | RESET]", "    Show the ACL log entries.",
			"SAVE", "    Save the current config to the ACL file.",
			"SETUSER <username> <attribute> [<attribute> ...]", "    Create or modify a user with the specified attributes.",
			"USERS", "    List all the registered usernames.",
			"WHOAMI", "    Return the current connection username.",
		}),
	}, {
		Name: "acl|list", Group: GroupServer, Since: "6.0.0",
		Summary: "Dumps the effective rules in ACL file format.", Complexity: "O(N). Where N is the number of configured users.",
		Arity: 2, Flags: admin,
		RunClient: func(c *Client, _ Args, w Reply) error {
			return writeUsers(c, w, (*acl.User).String)
		},
	}, {
		Name: "acl|load", Group: GroupServer, Since: "6.0.0",
		Summary: "Reloads the rules from the configured ACL file.", Complexity: "O(N). Where N is the number of configured users.",
		Arity: 2, Flags: admin,
		RunClient: aclLoad,
	}, {
		Name: "acl|log", Group: GroupServer, Since: "6.0.0",
		Summary: "Lists recent security events generated due to ACL rules.", Complexity: "O(N) with N being the number of entries shown.",
		Args:  []Arg{Opt(OneOf("operation", Integer("count"), Word("reset", "RESET")))},
		Arity: -2, Flags: admin,
		RunClient: aclLogCommand,
	}, {
		Name: "acl|save", Group: GroupServer, Since: "6.0.0",
		Summary: "Saves the effective ACL rules in the configured ACL file.", Complexity: "O(N). Where N is the number of configured users.",
		Arity: 2, Flags: admin,
		Tips:      []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: aclSave,
	}, {
		Name: "acl|setuser", Group: GroupServer, Since: "6.0.0",
		Summary: "Creates and modifies an ACL user and its rules.", Complexity: "O(N). Where N is the number of rules provided.",
		Args: []Arg{String("username"), Opt(Many(String("rule")))}, Arity: -3, Flags: admin,
		Tips:      []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
		RunClient: aclSetUser,
	}, {
		Name: "acl|users", Group: GroupServer, Since: "6.0.0",
		Summary: "Lists all ACL users.", Complexity: "O(N). Where N is the number of configured users.",
		Arity: 2, Flags: admin,
		RunClient: func(c *Client, _ Args, w Reply) error {
			return writeUsers(c, w, func(u *acl.User) string { return u.Name })
		},
	}, {
		Name: "acl|whoami", Group: GroupServer, Since: "6.0.0",
		Summary: "Returns the authenticated username of the current connection.", Complexity: "O(1)",
		Arity: 2, Flags: plain,
		RunClient: func(c *Client, _ Args, w Reply) error { w.BulkString(c.user.Name); return nil },
	}}
}

func writeUsers(c *Client, w Reply, show func(*acl.User) string) error {
	users := c.e.access.users.All()
	w.Array(len(users))
	for _, u := range users {
		w.BulkString(show(u))
	}
	return nil
}

func aclCat(c *Client, args Args, w Reply) error {
	if len(args) > 1 {
		return c.errSubcommandSyntax()
	}
	names := acl.Categories()
	if len(args) == 1 {
		category := strings.ToLower(string(args[0]))
		if !acl.IsCategory(category) {
			return Errf("Unknown category '" + clip(args[0], 128) + "'")
		}
		names = c.e.table.inCategory(category)
	}
	w.Array(len(names))
	for _, name := range names {
		w.BulkString(name)
	}
	return nil
}

func aclDelUser(c *Client, args Args, w Reply) error {
	users, n := c.e.access.users, 0
	for _, name := range args {
		if string(name) == users.Default().Name {
			return Errf("The 'default' user cannot be removed")
		}
	}
	for _, name := range args {
		if u := users.Delete(string(name)); u != nil {
			c.e.access.edited = true
			c.e.dropClientsOf(u)
			n++
		}
	}
	w.Int(int64(n))
	return nil
}

func aclDryRun(c *Client, args Args, w Reply) error {
	u := c.e.access.users.Find(string(args[0]))
	if u == nil {
		return Errf("User '" + clip(args[0], 128) + "' not found")
	}
	argv := args[1:]
	cmd, known := c.e.table.lookup(argv)
	if !known {
		return Errf("Command '" + clip(argv[0], 128) + "' not found")
	}
	if !cmd.arityOK(argv) || cmd.Run == nil && cmd.RunClient == nil {
		return errArity(cmd.Name)
	}
	call := c.e.access.describe(cmd, argv)
	if d := u.Check(&call); d.Reason != acl.None {
		w.BulkString(denialText(u, cmd, argv, d, true))
	} else {
		w.Status("OK")
	}
	return nil
}

const mostPasswordBits = 4096

var errPasswordBits = Errf("ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")

// aclGenPass replies with a random password. It comes from the system's source
// of randomness, never from the engine's, which can be foreseen.
func aclGenPass(c *Client, args Args, w Reply) error {
	bits := int64(256)
	if len(args) > 1 {
		return c.errSubcommandSyntax()
	}
	if len(args) == 1 {
		var err error
		if bits, err = args.Int(0); err != nil {
			return err
		}
		if bits <= 0 || bits > mostPasswordBits {
			return errPasswordBits
		}
	}
	raw := make([]byte, mostPasswordBits/8)
	if _, err := rand.Read(raw); err != nil {
		return err
	}
	w.BulkString(hex.EncodeToString(raw)[:(bits+3)/4])
	return nil
}

func aclGetUser(c *Client, args Args, w Reply) error {
	u := c.e.access.users.Find(string(args[0]))
	if u == nil {
		w.Null()
		return nil
	}
	limits := u.LimitRules()
	w.Map(6 + min(len(limits), 1))
	w.BulkString("flags")
	flags := u.Flags()
	w.Set(len(flags))
	for _, f := range flags {
		w.BulkString(f)
	}
	w.BulkString("passwords")
	passwords := u.Passwords()
	w.Array(len(passwords))
	for _, p := range passwords {
		w.BulkString(p)
	}
	selectors := u.Selectors()
	writeSelector(w, selectors[0])
	w.BulkString("selectors")
	w.Array(len(selectors) - 1)
	for _, s := range selectors[1:] {
		w.Map(3)
		writeSelector(w, s)
	}
	if len(limits) > 0 { // whom Redis knows has none
		w.BulkString("limits")
		w.BulkString(strings.Join(limits, " "))
	}
	return nil
}

func writeSelector(w Reply, s *acl.Selector) {
	writeFields(w, [][2]string{{"commands", s.CommandRules()}, {"keys", s.KeyRules()}, {"channels", s.ChannelRules()}})
}

func aclSetUser(c *Client, args Args, w Reply) error {
	c.e.syncUserDefaults()
	words := make([]string, len(args)-1)
	for i, a := range args[1:] {
		words[i] = string(a)
	}
	change, err := c.e.access.users.Set(string(args[0]), words)
	if err != nil {
		return errRule(err)
	}
	c.e.access.edited = true
	c.e.access.ownDefault = c.e.access.ownDefault || change.User == c.e.access.users.Default()
	c.e.userChanged(change)
	w.Status("OK")
	return nil
}

// errRule is what ACL SETUSER says of a rule that cannot be applied.
func errRule(err error) error {
	var rule *acl.RuleError
	if errors.As(err, &rule) {
		return Errf("Error in ACL SETUSER modifier '" + rule.Rule + "': " + rule.Err.Error())
	}
	return Errf(err.Error())
}

var errNoACLFile = Errf("This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.")

func aclLoad(c *Client, _ Args, w Reply) error {
	if c.e.access.file == nil {
		return errNoACLFile
	}
	if err := c.e.loadUsers(); err != nil {
		c.e.log.Warn("users were not loaded", "error", err.Error())
		return Errf(err.Error())
	}
	w.Status("OK")
	return nil
}

func aclSave(c *Client, _ Args, w Reply) error {
	if c.e.access.file == nil {
		return errNoACLFile
	}
	if err := c.e.access.file.Write(c.e.access.users.String()); err != nil {
		c.e.log.Error("users were not saved", "error", err.Error())
		return Errf("There was an error trying to save the ACLs. Please check the server logs for more information")
	}
	c.e.log.Info("users were saved", "file", c.e.access.file.Path())
	w.Status("OK")
	return nil
}
