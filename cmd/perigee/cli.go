package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"perigee/engine/resp"
)

// cliOptions is what cli was asked to do beside sending its arguments.
type cliOptions struct {
	repeat        int64
	interval      float64 // seconds
	lastFromInput bool
	inputTag      string
	delimiter     string

	raw, noRaw, csv, json, quotedJSON, resp2 bool

	scan, pipe, bigKeys, memKeys, stat, latency bool
	pattern, keyType                            string
	count                                       int64
	eval                                        string
}

func cliCommand(std streams) *cobra.Command {
	var t target
	var o cliOptions
	cmd := &cobra.Command{
		Use:   "cli [flags] [COMMAND ARG...]",
		Short: "Send commands to a server",
		Long: `Send one command to a server, or, without one, ask for commands at a prompt; when
standard input is not a terminal, each of its lines is a command.

Replies are shown for people on a terminal, and raw otherwise. The flags are those of redis-cli.`,
		Example: "  perigee cli SET greeting hello\n  perigee cli -p 7000 -n 1 LRANGE list 0 -1\n  perigee cli < commands.txt\n" +
			"  perigee cli -x SET picture < picture.png\n  perigee cli --scan --pattern 'user:*'\n  perigee cli --pipe < commands.resp",
		ValidArgsFunction: completeCommand,
		RunE: does(func(cmd *cobra.Command, args []string) error {
			t.resp3 = (t.resp3 || o.json || o.quotedJSON) && !o.resp2
			if err := t.resolve(); err != nil {
				return err
			}
			raw := (o.raw || !isTerminal(std.out)) && !o.noRaw
			s := &session{target: &t, out: std.out, err: std.err, raw: raw, format: o.format(), ctx: context.Background()}
			defer s.close()
			repeated := cmd.Flags().Changed("repeat")
			if o.inRounds(repeated) {
				ctx, cease := interruptible()
				defer cease()
				s.ctx = ctx
			}
			if o.stat && !repeated {
				o.repeat = -1
			}
			if o.stat && !cmd.Flags().Changed("interval") {
				o.interval = 1
			}
			return s.run(o, args, std)
		}),
	}
	addTarget(cmd, &t)
	addCLIFlags(cmd, &o)
	return cmd
}

// addCLIFlags gives cli the flags that redis-cli has.
func addCLIFlags(cmd *cobra.Command, o *cliOptions) {
	flags := cmd.Flags()
	flags.Int64VarP(&o.repeat, "repeat", "r", 1, "send the command so many times; -1 is without end")
	flags.Float64VarP(&o.interval, "interval", "i", 0, "wait so many seconds between rounds, of --repeat, --scan and --stat")
	flags.BoolVarP(&o.lastFromInput, "stdin", "x", false, "read the last argument from standard input")
	flags.StringVarP(&o.inputTag, "stdin-tag", "X", "", "read the argument that is this word from standard input")
	flags.BoolVar(&o.raw, "raw", false, "show replies raw, as on a pipe")
	flags.BoolVar(&o.noRaw, "no-raw", false, "show replies for people, as on a terminal")
	flags.StringVarP(&o.delimiter, "delimiter", "d", "\\n", "what stands between elements of raw replies")
	flags.BoolVar(&o.csv, "csv", false, "show replies as lines of CSV")
	flags.BoolVar(&o.json, "json", false, "show replies as JSON; speaks RESP3 unless -2 is given")
	flags.BoolVar(&o.quotedJSON, "quoted-json", false, "like --json, with bytes that are no text escaped")
	flags.BoolVarP(&o.resp2, "resp2", "2", false, "speak RESP2")
	flags.StringVar(&o.eval, "eval", "", "run a Lua script from a file; what stands before a comma is keys")
	flags.BoolVar(&o.scan, "scan", false, "show the names of all keys")
	flags.StringVar(&o.pattern, "pattern", "", "only keys that match, for --scan, --bigkeys and --memkeys")
	flags.Int64Var(&o.count, "count", 0, "how many keys SCAN looks at in one round")
	flags.StringVar(&o.keyType, "type", "", "only keys of this type, for --scan, --bigkeys and --memkeys")
	flags.BoolVar(&o.pipe, "pipe", false, "send standard input to the server as it is, and count the replies")
	flags.BoolVar(&o.bigKeys, "bigkeys", false, "look for the keys with most elements")
	flags.BoolVar(&o.memKeys, "memkeys", false, "look for the keys that take most memory")
	flags.BoolVar(&o.stat, "stat", false, "show figures about the server in rounds")
	flags.BoolVar(&o.latency, "latency", false, "measure how long PING takes, in milliseconds")
	for _, ignored := range []struct{ name, letter string }{{"exit-on-error", "e"}, {"cluster-mode", "c"}, {"no-auth-warning", ""}, {"verbose", ""}} {
		flags.BoolP(ignored.name, ignored.letter, false, "taken for the sake of scripts written for redis-cli")
		_ = flags.MarkHidden(ignored.name) // fails only for a flag that does not exist
	}
	cmd.MarkFlagsMutuallyExclusive("raw", "no-raw", "csv", "json", "quoted-json")
	cmd.MarkFlagsMutuallyExclusive("scan", "pipe", "bigkeys", "memkeys", "stat", "latency", "eval")
	cmd.MarkFlagsMutuallyExclusive("stdin", "stdin-tag")
	cmd.MarkFlagsMutuallyExclusive("resp2", "resp3")
}

// format is how replies are shown, or nil where the session decides.
func (o cliOptions) format() replyFormat {
	switch {
	case o.csv:
		return asCSV
	case o.json:
		return asJSON
	case o.quotedJSON:
		return asQuotedJSON
	case o.delimiter != "\\n" && !o.noRaw:
		return asRaw(delimiterOf(o.delimiter))
	}
	return nil
}

// inRounds reports whether what was asked for goes on until an interrupt.
func (o cliOptions) inRounds(repeated bool) bool {
	return repeated || o.scan || o.bigKeys || o.memKeys || o.stat || o.latency
}

// run does what the flags ask for.
func (s *session) run(o cliOptions, args []string, std streams) error {
	switch {
	case o.scan:
		return s.scan(o)
	case o.pipe:
		return s.pipe(std.in)
	case o.bigKeys, o.memKeys:
		return s.bigKeys(o, o.memKeys)
	case o.stat:
		return s.stat(o)
	case o.latency:
		return s.latency(o)
	case o.eval != "":
		return runScript(s, append([]string{o.eval}, args...), std.in)
	case len(args) > 0:
		args, err := withInput(args, o, std.in)
		if err != nil {
			return err
		}
		return s.repeat(args, o)
	case isTerminal(std.in):
		return s.prompt()
	default:
		return s.lines(std.in)
	}
}

// session is a conversation with a server.
type session struct {
	target *target
	out    io.Writer
	err    io.Writer
	raw    bool
	format replyFormat     // nil for raw or for people
	ctx    context.Context // over when the user interrupts what goes in rounds

	ldb  ldbMode // in which a script is run
	call bool    // the arguments are a command, not a script

	conn     *resp.Conn
	inMulti  bool
	anyError bool // some command was answered with an error

	explaining bool // scripts run for trial
}

// errReplied says that the server replied with an error, which has been shown.
var errReplied = &failure{status: exitFailed}

// lines sends a command for each line, until the input ends or the connection does.
func (s *session) lines(in io.Reader) error {
	if err := s.connect(); err != nil {
		return err
	}
	reader := bufio.NewReader(in)
	for {
		line, err := reader.ReadString('\n')
		if args := s.split(line); len(args) > 0 {
			if isQuit(args) {
				break
			}
			if err := s.do(args); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read commands: %w", err)
		}
	}
	return s.outcome()
}

// outcome is what the process ends with once all commands were answered.
func (s *session) outcome() error {
	if s.anyError {
		return errReplied
	}
	return nil
}

// split makes arguments of a line. It says so when the line cannot be split,
// and returns none.
func (s *session) split(line string) []string {
	words, err := resp.SplitArgs([]byte(line))
	if err != nil {
		fmt.Fprintln(s.out, "Invalid argument(s)")
		s.anyError = true
		return nil
	}
	args := make([]string, len(words))
	for i, word := range words {
		args[i] = string(word)
	}
	return args
}

func isQuit(args []string) bool {
	word := strings.ToLower(args[0])
	return len(args) == 1 && (word == "quit" || word == "exit")
}

func (s *session) connect() error {
	if s.conn != nil {
		return nil
	}
	conn, err := s.target.connect()
	if err != nil {
		return err
	}
	conn.OnPush = s.show
	s.conn, s.inMulti = conn, false
	return nil
}

func (s *session) close() {
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// do sends a command and shows its reply; for commands that never cease to be
// answered it goes on until the user interrupts it.
func (s *session) do(args []string) error {
	if streaming(args[0]) {
		return s.stream(args)
	}
	reply, err := s.conn.Do(args...)
	if err != nil {
		s.close()
		if strings.EqualFold(args[0], "shutdown") && errors.Is(err, io.EOF) {
			return nil // the server is gone, as it was asked to be
		}
		return err
	}
	if isText(args) && reply.Err() == nil {
		fmt.Fprintln(s.out, reply.Raw())
	} else {
		s.show(reply)
	}
	s.note(args, reply)
	return nil
}

// isText reports whether a command's reply is lines for people, which are shown
// as they are in every format.
func isText(args []string) bool {
	name := strings.ToLower(args[0])
	if len(args) > 1 {
		switch name + " " + strings.ToLower(args[1]) {
		case "client list", "client info", "memory doctor", "memory malloc-stats", "latency doctor", "latency graph", "cluster info", "cluster nodes":
			return true
		}
	}
	return name == "info" || name == "lolwut"
}

// streaming reports whether a command's replies have no end.
func streaming(name string) bool {
	switch strings.ToLower(name) {
	case "subscribe", "psubscribe", "ssubscribe", "monitor":
		return true
	}
	return false
}

// stream shows replies until the user interrupts it, which also ends the
// connection: there is no way back for it in RESP2.
func (s *session) stream(args []string) error {
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt)
	defer signal.Stop(interrupt)
	received := make(chan error, 1)
	conn := s.conn
	// The goroutine has the connection to itself and ends when that is closed.
	go func() { received <- s.receive(conn, args) }()
	select {
	case err := <-received:
		s.close()
		return err
	case <-interrupt:
		s.close()
		<-received
		return nil
	}
}

func (s *session) receive(conn *resp.Conn, args []string) error {
	conn.Send(args...)
	for {
		reply, err := conn.Receive()
		if err != nil {
			return err
		}
		s.show(reply)
		if reply.Kind == resp.KindError {
			return errReplied
		}
	}
}

// show prints a reply.
func (s *session) show(reply resp.Value) {
	format := s.format
	switch {
	case format != nil:
	case s.raw:
		format = resp.Value.Raw
	default:
		format = resp.Value.Format
	}
	fmt.Fprintln(s.out, format(reply))
}

// note keeps what the prompt shows of the connection's state.
func (s *session) note(args []string, reply resp.Value) {
	if reply.Err() != nil {
		s.anyError = true
		return
	}
	switch strings.ToLower(args[0]) {
	case "select":
		if db, err := strconv.Atoi(args[len(args)-1]); err == nil && !s.inMulti {
			s.target.db = db // a new connection selects it again
		}
	case "multi":
		s.inMulti = true
	case "exec", "discard":
		s.inMulti = false
	case "reset":
		s.inMulti, s.target.db = false, 0
	}
}
