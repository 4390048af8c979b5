package main

import (
	"bytes"
	"context"
	"log/slog"
)

// A systemLog takes lines at a level; package log/syslog has it where there is one.
type systemLog interface {
	Debug(line string) error
	Info(line string) error
	Notice(line string) error
	Warning(line string) error
	Err(line string) error
}

// syslogHandler writes records to the system's log, which adds the time itself.
type syslogHandler struct {
	to   systemLog
	make func(*bytes.Buffer) slog.Handler
}

func newSyslogHandler(to systemLog, options *slog.HandlerOptions) slog.Handler {
	plain := &slog.HandlerOptions{Level: options.Level, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey) {
			return slog.Attr{}
		}
		return a
	}}
	return syslogHandler{to, func(line *bytes.Buffer) slog.Handler { return slog.NewTextHandler(line, plain) }}
}

// Enabled reports whether records of a level are wanted.
func (h syslogHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.make(nil).Enabled(ctx, level)
}

// Handle writes one record at the priority of its level.
func (h syslogHandler) Handle(ctx context.Context, record slog.Record) error {
	var line bytes.Buffer
	if err := h.make(&line).Handle(ctx, record); err != nil {
		return err
	}
	text := string(bytes.TrimSpace(line.Bytes()))
	switch {
	case record.Level >= slog.LevelError:
		return h.to.Err(text)
	case record.Level >= slog.LevelWarn:
		return h.to.Warning(text)
	case record.Level >= slog.LevelInfo:
		return h.to.Notice(text)
	case record.Level > slog.LevelDebug:
		return h.to.Info(text)
	}
	return h.to.Debug(text)
}

// WithAttrs adds attributes to all records.
func (h syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return syslogHandler{h.to, func(line *bytes.Buffer) slog.Handler { return h.make(line).WithAttrs(attrs) }}
}

// WithGroup opens a group for all records.
func (h syslogHandler) WithGroup(name string) slog.Handler {
	return syslogHandler{h.to, func(line *bytes.Buffer) slog.Handler { return h.make(line).WithGroup(name) }}
}
