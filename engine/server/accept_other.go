//go:build !linux

package server

import "errors"

// canWatch says that every connection needs goroutines here.
const canWatch = false

func watching() (poller, error) { return nil, errors.ErrUnsupported }

func (l *loop) acceptOn(listener) error { return errors.ErrUnsupported }
