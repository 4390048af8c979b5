package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/reeflective/readline"

	"perigee/engine/resp"
)

// ldbMode says whether a script is run in the debugger, and on what data.
type ldbMode string

const (
	ldbOff     ldbMode = ""
	ldbPrivate ldbMode = "YES"  // changes are undone
	ldbSync    ldbMode = "SYNC" // they stay, and others must wait
)

// debug runs a command that runs a script in the debugger of the server, with
// commands from a prompt or from the lines of standard input.
func (s *session) debug(command []string, stdin *os.File) error {
	next := readLines(stdin)
	if isTerminal(stdin) {
		fmt.Fprintln(s.out, "Type help for the debugger's commands, quit to leave, restart to begin again.")
		next = readPrompt()
	}
	for {
		again, err := s.debugOnce(command, next)
		if err != nil || !again {
			return err
		}
		s.close()
		if err := s.connect(); err != nil {
			return err
		}
	}
}

// debugOnce holds one session; again says that the user wants another one.
func (s *session) debugOnce(command []string, next func() (string, error)) (again bool, err error) {
	if err := s.beginDebug(command); err != nil || s.conn == nil {
		return false, err
	}
	// The server's debugger speaks Redis's dialect unless it is told otherwise; Redis's own knows no other.
	if _, err := s.conn.Do("dialect", "perigee"); err != nil {
		return false, fmt.Errorf("debug: %w", err)
	}
	for {
		line, err := next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("read command: %w", err)
		}
		words := debuggerWords(line)
		switch {
		case len(words) == 0:
			continue
		case isQuit(words):
			return false, nil
		case len(words) == 1 && strings.EqualFold(words[0], "restart"):
			return true, nil
		}
		reply, err := s.conn.Do(words...)
		if err != nil {
			return false, fmt.Errorf("debug: %w", err)
		}
		if ended, err := s.told(reply); err != nil || ended {
			return false, err
		}
	}
}

// beginDebug begins a session; without a connection it is over already.
func (s *session) beginDebug(command []string) error {
	mode, err := s.conn.Do("SCRIPT", "DEBUG", string(s.ldb))
	if err == nil {
		err = mode.Err()
	}
	if err != nil {
		return fmt.Errorf("debug: %w", err)
	}
	reply, err := s.conn.Do(command...)
	if err != nil {
		return fmt.Errorf("debug: %w", err)
	}
	if reply.Kind != resp.KindArray { // the command runs no script
		s.show(reply)
		s.note(command, reply)
		s.close()
		return s.outcome()
	}
	ended, err := s.told(reply)
	if ended {
		s.close()
	}
	return err
}

// told shows what the debugger says; when the session has ended, also the
// script's reply.
func (s *session) told(reply resp.Value) (ended bool, err error) {
	if err := reply.Err(); err != nil {
		return false, fmt.Errorf("debug: %w", err)
	}
	for _, e := range reply.Elems {
		line := e.String()
		if line == "<endsession>" {
			ended = true
			continue
		}
		if strings.HasPrefix(line, "->") && isTerminal(s.out) {
			line = "\x1b[1m" + line + "\x1b[0m"
		}
		fmt.Fprintln(s.out, line)
	}
	if !ended {
		return false, nil
	}
	result, err := s.conn.Receive()
	if err != nil {
		return true, fmt.Errorf("debug: %w", err)
	}
	s.show(result)
	s.note([]string{"eval"}, result)
	if s.ldb == ldbPrivate {
		fmt.Fprintln(s.out, "(the session has ended; changes are undone)")
	} else {
		fmt.Fprintln(s.out, "(the session has ended; changes stay)")
	}
	return true, s.outcome()
}

// debuggerWords splits a line of the debugger's prompt: Lua code stays as it is.
func debuggerWords(line string) []string {
	line = strings.TrimSpace(line)
	name, rest, _ := strings.Cut(line, " ")
	switch strings.ToLower(name) {
	case "eval", "e", "print", "p", "watch":
		if rest = strings.TrimSpace(rest); rest != "" {
			return []string{name, rest}
		}
	case "redis", "r":
		if words, err := resp.SplitArgs([]byte(line)); err == nil {
			args := make([]string, len(words))
			for i, word := range words {
				args[i] = string(word)
			}
			return args
		}
	}
	return strings.Fields(line)
}

// readLines gives the lines of an input one by one.
func readLines(in io.Reader) func() (string, error) {
	reader := bufio.NewReader(in)
	return func() (string, error) {
		line, err := reader.ReadString('\n')
		if line != "" {
			return line, nil
		}
		return "", err
	}
}

// readPrompt gives the lines that the user types.
func readPrompt() func() (string, error) {
	shell := readline.NewShell()
	shell.Prompt.Primary(func() string { return "lua debugger> " })
	shell.History.Delete()
	shell.History.Add("debugger", openHistory(""))
	return func() (string, error) {
		for {
			line, err := shell.Readline()
			if !errors.Is(err, readline.ErrInterrupt) {
				return line, err
			}
		}
	}
}
