package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/reeflective/readline"
)

// prompt asks for commands until the user leaves.
func (s *session) prompt() error {
	if err := s.connect(); err != nil {
		fmt.Fprintln(s.err, "perigee: "+err.Error())
	}
	shell := readline.NewShell()
	shell.Prompt.Primary(s.promptText)
	shell.History.Delete()
	shell.History.Add("commands", openHistory(historyPath()))
	for {
		line, err := shell.Readline()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, readline.ErrInterrupt) {
			continue // Ctrl-C drops the line, Ctrl-D leaves
		}
		if err != nil {
			return fmt.Errorf("read command: %w", err)
		}
		args := s.split(line)
		if len(args) == 0 {
			continue
		}
		if isQuit(args) {
			return nil
		}
		s.answer(args)
	}
}

// answer carries out a line of the prompt, over a new connection if the last was lost.
func (s *session) answer(args []string) {
	if len(args) == 1 && strings.EqualFold(args[0], "clear") {
		fmt.Fprint(s.out, "\x1b[H\x1b[2J")
		return
	}
	err := s.connect()
	if err == nil {
		err = s.do(args)
	}
	var failed *failure
	if err != nil && !errors.As(err, &failed) {
		fmt.Fprintln(s.err, "perigee: "+err.Error())
	}
}

// promptText tells where commands go, and the state they meet there.
func (s *session) promptText() string {
	if s.conn == nil {
		return "not connected> "
	}
	_, text := s.target.address()
	if s.target.db != 0 {
		text += "[" + strconv.Itoa(s.target.db) + "]"
	}
	if s.inMulti {
		text += "(TX)"
	}
	return text + "> "
}

// history is the lines typed so far, the latest last, kept in a file. Lines
// that may hold a password are not kept.
type history struct {
	path  string // empty for memory only
	lines []string
}

// historyLength is how many lines are offered again.
const historyLength = 1000

// historyPath is the file of the user's history, or empty.
func historyPath() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".perigee_history")
}

// openHistory reads what was typed before. A history that cannot be read begins empty.
func openHistory(path string) *history {
	h := &history{path: path}
	file, err := os.Open(path)
	if err != nil {
		return h
	}
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		h.lines = append(h.lines, scanner.Text())
	}
	if n := len(h.lines); n > historyLength {
		h.lines = h.lines[n-historyLength:]
	}
	return h
}

// Write adds a line and returns how many there are.
func (h *history) Write(line string) (int, error) {
	line = strings.TrimSpace(line)
	if line == "" || secret(line) || (len(h.lines) > 0 && h.lines[len(h.lines)-1] == line) {
		return len(h.lines), nil
	}
	h.lines = append(h.lines, line)
	if h.path == "" {
		return len(h.lines), nil
	}
	file, err := os.OpenFile(h.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return len(h.lines), err
	}
	_, err = file.WriteString(strings.ReplaceAll(line, "\n", " ") + "\n")
	return len(h.lines), errors.Join(err, file.Close())
}

// GetLine returns the line at a position, the oldest being 0.
func (h *history) GetLine(pos int) (string, error) {
	if pos < 0 || pos >= len(h.lines) {
		return "", errors.New("no such line of history")
	}
	return h.lines[pos], nil
}

// Len is the number of lines.
func (h *history) Len() int { return len(h.lines) }

// Dump returns all lines.
func (h *history) Dump() any { return h.lines }

// secret reports whether a line may hold a password.
func secret(line string) bool {
	words := strings.Fields(strings.ToLower(line))
	if len(words) == 0 {
		return false
	}
	switch words[0] {
	case "auth", "acl", "migrate":
		return true
	case "hello":
		return len(words) > 2
	case "config":
		return slices.Contains(words, "requirepass") || slices.Contains(words, "masterauth")
	}
	return false
}
