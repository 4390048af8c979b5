package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
)

// logTarget is where the server's log goes: a file that can be opened anew, or
// a stream.
type logTarget struct {
	path string // empty for the stream

	mu sync.Mutex
	to io.Writer
}

// openLog opens the file, or takes the stream when path is empty.
func openLog(path string, stream io.Writer) (*logTarget, error) {
	target := &logTarget{path: path, to: stream}
	return target, target.reopen()
}

// Write hands a record to the file or stream. Any goroutine may call it.
func (t *logTarget) Write(record []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.to.Write(record)
}

// reopen opens the file by its name again, so that a rotated log goes on in a
// new file; on an error the old one stays in use.
func (t *logTarget) reopen() error {
	if t.path == "" {
		return nil
	}
	file, err := os.OpenFile(t.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.to.(*os.File); ok && old.Name() == t.path {
		old.Close()
	}
	t.to = file
	return nil
}

// forPeople reports whether the log is read on a terminal.
func (t *logTarget) forPeople() bool { return t.path == "" && isTerminal(t.to) }

// logger writes text for people and JSON for machines, from level upwards.
func (t *logTarget) logger(level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if t.forPeople() {
		return slog.New(slog.NewTextHandler(t, options))
	}
	return slog.New(slog.NewJSONHandler(t, options))
}

// logLevel is the level of a word of loglevel. Perigee logs at slog's four
// levels, of which notice is Info.
func logLevel(word string) slog.Level {
	switch word {
	case "debug":
		return slog.LevelDebug
	case "verbose":
		return slog.LevelDebug + 1
	case "warning":
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// quietLog is the log of a tool: warnings and errors, as text.
func quietLog(to io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(to, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
