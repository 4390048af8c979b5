package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"time"

	"perigee/engine/resp"
)

// repeat sends a command as often as asked for, with pauses between.
func (s *session) repeat(args []string, o cliOptions) error {
	if err := s.connect(); err != nil {
		return err
	}
	for i := int64(0); o.repeat < 0 || i < o.repeat; i++ {
		if i > 0 && !o.pause(s.ctx) {
			break
		}
		if s.conn == nil {
			if err := s.connect(); err != nil {
				return err
			}
		}
		if err := s.do(args); err != nil {
			return err
		}
	}
	return s.outcome()
}

// pause waits for the interval between two rounds; it returns false if the
// user interrupted it.
func (o cliOptions) pause(ctx context.Context) bool {
	if o.interval <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(time.Duration(o.interval * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// interruptible lets the first SIGINT end what runs in rounds; cease lets
// signals act as before.
func interruptible() (ctx context.Context, cease context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}

// withInput puts what stands on standard input in the place of the arguments
// that are the tag, or, with -x, behind the last.
func withInput(args []string, o cliOptions, in io.Reader) ([]string, error) {
	if !o.lastFromInput && o.inputTag == "" {
		return args, nil
	}
	if o.inputTag != "" && !slices.Contains(args, o.inputTag) {
		return nil, &failure{exitUsage, fmt.Errorf("no argument is %q, which -X names", o.inputTag)}
	}
	text, err := io.ReadAll(in)
	if err != nil {
		return nil, fmt.Errorf("read last argument: %w", err)
	}
	filled := slices.Clone(args)
	if o.lastFromInput {
		return append(filled, string(text)), nil
	}
	for i, arg := range filled {
		if arg == o.inputTag {
			filled[i] = string(text)
		}
	}
	return filled, nil
}

// scan shows the names of all keys, of those that a pattern matches, or of
// those of a type, a line each.
func (s *session) scan(o cliOptions) error {
	show := func(key []byte) error {
		_, err := fmt.Fprintf(s.out, "%s\n", key)
		return err
	}
	if !s.raw {
		show = func(key []byte) error { _, err := fmt.Fprintf(s.out, "%s\n", resp.AppendQuoted(nil, key)); return err }
	}
	return s.eachKeys(o, func(keys []resp.Value) error {
		for _, key := range keys {
			if err := show(key.Str); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachKeys walks the keyspace with SCAN.
func (s *session) eachKeys(o cliOptions, visit func(keys []resp.Value) error) error {
	if err := s.connect(); err != nil {
		return err
	}
	cursor := "0"
	for {
		args := []string{"SCAN", cursor}
		if o.pattern != "" {
			args = append(args, "MATCH", o.pattern)
		}
		if o.count > 0 {
			args = append(args, "COUNT", strconv.FormatInt(o.count, 10))
		}
		if o.keyType != "" {
			args = append(args, "TYPE", o.keyType)
		}
		reply, err := s.conn.Do(args...)
		if err == nil {
			err = reply.Err()
		}
		if err == nil && len(reply.Elems) != 2 {
			err = errors.New("the reply to SCAN is no cursor and keys")
		}
		if err != nil {
			return err
		}
		if err := visit(reply.Elems[1].Elems); err != nil {
			return err
		}
		if cursor = string(reply.Elems[0].Str); cursor == "0" || !o.pause(s.ctx) {
			return nil
		}
	}
}

// pipe sends standard input to the server as it is, which must be commands of
// the protocol or lines, and counts the replies. An ECHO of a random text
// behind it tells the last one.
func (s *session) pipe(in io.Reader) error {
	if err := s.connect(); err != nil {
		return err
	}
	marker := make([]byte, 20)
	_, _ = rand.Read(marker) // never fails
	sent := make(chan error, 1)
	conn := s.conn
	// The goroutine only writes, and ends with the input or the connection; it
	// is waited for unless it still waits for input when all is lost.
	go func() {
		_, err := io.Copy(conn, in)
		if err == nil {
			_, err = conn.Write(resp.AppendCommand(nil, "ECHO", string(marker)))
		}
		sent <- err
	}()
	var replies, failed int64
	for {
		reply, err := conn.Receive()
		switch {
		case err != nil:
			return err
		case reply.Kind == resp.KindPush:
			continue
		case reply.Kind == resp.KindBulk && bytes.Equal(reply.Str, marker):
			if err := <-sent; err != nil {
				return err
			}
			fmt.Fprintf(s.out, "All data transferred. Waiting for the last reply...\nLast reply received from server.\nerrors: %d, replies: %d\n", failed, replies)
			s.anyError = failed > 0
			return s.outcome()
		case reply.Kind == resp.KindError:
			failed++
			fmt.Fprintf(s.err, "%s\n", reply.Str)
		}
		replies++
	}
}
