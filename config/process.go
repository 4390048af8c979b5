package config

import (
	"errors"
)

// Process is how the server behaves as a process of its system.
type Process struct {
	PidFile          string          `key:"pidfile" default:"" live:"no" origin:"redis" doc:"File to write the process's number to while the server runs; empty means none."`
	Supervised       string          `key:"supervised" default:"no" enum:"upstart,systemd,auto,no" live:"no" origin:"redis" doc:"Whether to tell systemd when the server is ready and when it stops: always, or where systemd asked for it; upstart is told nothing."`
	AlwaysShowLogo   bool            `key:"always-show-logo" default:"no" live:"no" origin:"redis" doc:"Whether to show the screen of the start even where nobody looks at a terminal."`
	SyslogEnabled    bool            `key:"syslog-enabled" default:"no" live:"no" origin:"redis" doc:"Whether to log to the system's log as well."`
	SyslogIdent      string          `key:"syslog-ident" default:"perigee" live:"no" origin:"redis" doc:"Name to log there under."`
	SyslogFacility   string          `key:"syslog-facility" default:"local0" enum:"user,local0,local1,local2,local3,local4,local5,local6,local7" live:"no" origin:"redis" doc:"Facility to log there under."`
	RenamedCommands  RenamedCommands `key:"rename-command" default:"" repeat:"adds" listed:"no" live:"no" origin:"redis" doc:"Other names of commands, in pairs of the name and the new one; an empty new name takes the command away."`
	ProtectedConfigs string          `key:"enable-protected-configs" default:"no" enum:"no,yes,local" live:"no" origin:"redis" doc:"Who may set protected settings: nobody, everybody, or connections from this machine."`
}

// RenamedCommands is rename-command: names and what takes their place, in turn.
type RenamedCommands []string

func (r *RenamedCommands) parse(text string) error {
	words, err := splitWords(text)
	if err != nil {
		return err
	}
	if len(words)%2 != 0 {
		return errors.New("wrong number of arguments")
	}
	*r = words
	return nil
}

func (r *RenamedCommands) quotesWords() {}

func (r *RenamedCommands) format() string { return joinWords(*r) }
