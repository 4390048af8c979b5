//go:build !unix

package main

// keepFilesPrivate does nothing where files have no permission bits.
func keepFilesPrivate() {}
