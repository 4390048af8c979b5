package main

import (
	"bufio"
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

func cliCommand(std streams) *cobra.Command {
	var t target
	var raw, noRaw bool
	cmd := &cobra.Command{
		Use:   "cli [flags] [COMMAND ARG...]",
		Short: "Send commands to a server",
		Long: `Send one command to a server, or, without one, ask for commands at a prompt; when
standard input is not a terminal, each of its lines is a command.

Replies are shown for people on a terminal, and raw otherwise.`,
		Example:           "  perigee cli SET greeting hello\n  perigee cli -p 7000 -n 1 LRANGE list 0 -1\n  perigee cli < commands.txt",
		ValidArgsFunction: completeCommand,
		RunE: does(func(cmd *cobra.Command, args []string) error {
			if err := t.resolve(); err != nil {
				return err
			}
			raw = (raw || !isTerminal(std.out)) && !noRaw
			s := &session{target: &t, out: std.out, err: std.err, raw: raw}
			defer s.close()
			switch {
			case len(args) > 0:
				return s.once(args)
			case isTerminal(std.in):
				return s.prompt()
			default:
				return s.lines(std.in)
			}
		}),
	}
	addTarget(cmd, &t)
	cmd.Flags().BoolVar(&raw, "raw", false, "show replies raw, as on a pipe")
	cmd.Flags().BoolVar(&noRaw, "no-raw", false, "show replies for people, as on a terminal")
	cmd.MarkFlagsMutuallyExclusive("raw", "no-raw")
	return cmd
}

// session is a conversation with a server.
type session struct {
	target *target
	out    io.Writer
	err    io.Writer
	raw    bool

	conn     *resp.Conn
	inMulti  bool
	anyError bool // some command was answered with an error
}

// errReplied says that the server replied with an error, which has been shown.
var errReplied = &failure{status: exitFailed}

// once sends one command.
func (s *session) once(args []string) error {
	if err := s.connect(); err != nil {
		return err
	}
	if err := s.do(args); err != nil {
		return err
	}
	return s.outcome()
}

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
	s.show(reply)
	s.note(args, reply)
	return nil
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
	text := reply.Format()
	if s.raw {
		text = reply.Raw()
	}
	fmt.Fprintln(s.out, text)
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
