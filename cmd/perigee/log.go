package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"perigee/config"
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

// logger writes text for people and JSON for machines, from level upwards, and
// to the system's log if it is to.
func (t *logTarget) logger(level slog.Leveler, process config.Process) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewJSONHandler(t, options)
	if t.forPeople() {
		handler = slog.NewTextHandler(t, options)
	}
	if !process.SyslogEnabled {
		return slog.New(handler)
	}
	system, err := openSyslog(process.SyslogFacility, process.SyslogIdent)
	if err != nil {
		log := slog.New(handler)
		log.Warn("cannot reach the system's log", "error", err.Error())
		return log
	}
	return slog.New(bothHandlers{handler, newSyslogHandler(system, options)})
}

// bothHandlers hands records to two handlers.
type bothHandlers struct{ first, second slog.Handler }

// Enabled reports whether one of them wants records of a level.
func (b bothHandlers) Enabled(ctx context.Context, level slog.Level) bool {
	return b.first.Enabled(ctx, level) || b.second.Enabled(ctx, level)
}

// Handle hands a record to both.
func (b bothHandlers) Handle(ctx context.Context, record slog.Record) error {
	return errors.Join(b.first.Handle(ctx, record.Clone()), b.second.Handle(ctx, record.Clone()))
}

// WithAttrs adds attributes for both.
func (b bothHandlers) WithAttrs(attrs []slog.Attr) slog.Handler {
	return bothHandlers{b.first.WithAttrs(attrs), b.second.WithAttrs(attrs)}
}

// WithGroup opens a group for both.
func (b bothHandlers) WithGroup(name string) slog.Handler {
	return bothHandlers{b.first.WithGroup(name), b.second.WithGroup(name)}
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
