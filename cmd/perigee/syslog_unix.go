//go:build unix

package main

import "log/syslog"

// openSyslog connects to the system's log.
func openSyslog(facility, ident string) (systemLog, error) {
	priority := map[string]syslog.Priority{
		"user": syslog.LOG_USER, "local0": syslog.LOG_LOCAL0, "local1": syslog.LOG_LOCAL1, "local2": syslog.LOG_LOCAL2,
		"local3": syslog.LOG_LOCAL3, "local4": syslog.LOG_LOCAL4, "local5": syslog.LOG_LOCAL5, "local6": syslog.LOG_LOCAL6,
		"local7": syslog.LOG_LOCAL7,
	}[facility]
	return syslog.New(priority, ident)
}
