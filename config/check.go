package config

import (
	"errors"
	"net"
	"strconv"
	"strings"
)

// checkText reports, in Redis's words, whether a text is what a setting's tag
// check asks for: a filename, a dirname, a hostname, an address with its port,
// which may be missing, or a title of the process;
// an empty check allows every text.
func checkText(check, text string) error {
	switch {
	case check == "filename" && strings.ContainsAny(text, "/\\"):
		return errors.New("file name can't be a path, just a filename")
	case check == "filename" && text == "", check == "dirname" && text == "":
		return errors.New("name can't be empty")
	case check == "dirname" && strings.ContainsAny(text, "/\\"):
		return errors.New("directory name can't be a path, just a dirname")
	case check == "hostname":
		return checkHostname(text)
	case check == "address" && text != "":
		return checkAddress(text)
	case check == "title" && (text == "" || !isTitle(text)):
		return errors.New("template format is invalid or contains unknown variables")
	}
	return nil
}

func checkAddress(text string) error {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return errors.New("argument must be an address and a port, as 127.0.0.1:9121")
	}
	return nil
}

// isLoopback tells whether an address with a port can be reached from this
// machine only.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func checkHostname(text string) error {
	if len(text) >= 256 {
		return errors.New("Hostnames must be less than 256 characters")
	}
	for _, c := range text {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.':
		default:
			return errors.New("Hostnames may only contain alphanumeric characters, hyphens or dots")
		}
	}
	return nil
}

// titleVariables are what may stand in braces in proc-title-template.
var titleVariables = map[string]bool{
	"title": true, "listen-addr": true, "server-mode": true, "port": true, "tls-port": true, "unixsocket": true, "config-file": true,
}

func isTitle(text string) bool {
	for {
		_, rest, open := strings.Cut(text, "{")
		if !open {
			return true
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed || !titleVariables[name] {
			return false
		}
		text = after
	}
}
