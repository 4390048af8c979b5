//go:build !unix

package main

// maxDescriptors is not known here.
func maxDescriptors() (n int64, ok bool) { return 0, false }
