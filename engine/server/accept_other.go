//go:build !linux

package server

import "errors"

// acceptOn is not asked for here, because the poller cannot watch listeners.
func (l *loop) acceptOn(listener) error { return errors.ErrUnsupported }
