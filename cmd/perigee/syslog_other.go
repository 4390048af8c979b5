//go:build !unix

package main

import "errors"

func openSyslog(facility, ident string) (systemLog, error) {
	return nil, errors.New("this system has none")
}
