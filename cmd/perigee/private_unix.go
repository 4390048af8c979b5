//go:build unix

package main

import "golang.org/x/sys/unix"

// keepFilesPrivate makes all files of the process readable by its owner only,
// Badger's included, which would be readable by all.
func keepFilesPrivate() { unix.Umask(0o077) }
