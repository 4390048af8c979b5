package main

import (
	"fmt"
	"os"

	"perigee/config"
	"perigee/engine"
)

// aclFile is the file of aclfile, by its path.
type aclFile string

// usersFile is where the configuration wants users kept; nil is nowhere.
func usersFile(c config.Config) engine.ACLFile {
	if c.Clients.ACLFile == "" {
		return nil
	}
	return aclFile(c.Clients.ACLFile)
}

// Path implements engine.ACLFile.
func (f aclFile) Path() string { return string(f) }

// Read implements engine.ACLFile.
func (f aclFile) Read() (string, error) {
	text, err := os.ReadFile(string(f))
	if err != nil {
		return "", fmt.Errorf("Error loading ACLs, opening file '%s': %w", f, err)
	}
	return string(text), nil
}

// Write implements engine.ACLFile.
func (f aclFile) Write(text string) error { return config.ReplaceFile(string(f), []byte(text)) }
