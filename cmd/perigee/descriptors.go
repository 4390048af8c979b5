package main

import (
	"fmt"
	"log/slog"

	"perigee/config"
)

// reservedDescriptors is how many files the process needs besides its clients.
const reservedDescriptors = 32

// possibleClients is how many clients the system can carry of those wanted.
func possibleClients(wanted int) int {
	descriptors, known := maxDescriptors()
	if !known {
		return wanted
	}
	return min(wanted, max(1, int(descriptors)-reservedDescriptors))
}

// checkMaxClients refuses a CONFIG SET of more clients than the system can carry.
func checkMaxClients(c config.Config) error {
	wanted := c.Clients.MaxClients
	if possible := possibleClients(wanted); possible < wanted {
		return fmt.Errorf("The operating system is not able to handle the specified number of clients, try with %d", possible)
	}
	return nil
}

// lowerMaxClients starts with as many clients as the system can carry: a
// server that accepts fewer serves better than one that does not start.
func lowerMaxClients(c *config.Config, log *slog.Logger) {
	wanted := c.Clients.MaxClients
	if possible := possibleClients(wanted); possible < wanted {
		log.Warn("the limit of open files allows fewer clients", "maxclients", wanted, "allowed", possible)
		c.Clients.MaxClients = possible
	}
}
