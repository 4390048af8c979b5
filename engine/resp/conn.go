package resp

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"
)

// AppendCommand appends a request in the form that servers read fastest, an array of bulk strings.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = append(dst, '*')
	dst = strconv.AppendInt(dst, int64(len(args)), 10)
	for _, arg := range args {
		dst = append(dst, "\r\n$"...)
		dst = strconv.AppendInt(dst, int64(len(arg)), 10)
		dst = append(dst, "\r\n"...)
		dst = append(dst, arg...)
	}
	return append(dst, "\r\n"...)
}

// Conn is a client's connection to a server. It belongs to one goroutine, except that Close may be called by any.
type Conn struct {
	// Timeout bounds each Flush, and each Receive that has to wait; 0 means no bound. After a timeout the connection
	// is of no use, since a late reply would be taken for the next one.
	Timeout time.Duration
	// OnPush gets the pushes that arrive while Do waits for its reply; nil drops them.
	OnPush func(Value)

	conn   net.Conn
	reader *Reader
	out    []byte
}

// Dial connects to a server; the network is "tcp" or "unix".
func Dial(ctx context.Context, network, address string) (*Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return NewConn(conn), nil
}

// NewConn makes a Conn of a connection, which may be one over TLS.
func NewConn(conn net.Conn) *Conn { return &Conn{conn: conn, reader: NewReader(conn)} }

// Do sends a request and returns its reply. The replies to earlier Sends must have been received. An error that the
// server replies is a Value, not an error: see Value.Err. Commands that are answered by pushes only, such as SUBSCRIBE
// under RESP3, want Send and Receive.
func (c *Conn) Do(args ...string) (Value, error) {
	c.Send(args...)
	for {
		v, err := c.Receive()
		if err != nil || v.Kind != KindPush {
			return v, err
		}
		if c.OnPush != nil {
			c.OnPush(v)
		}
	}
}

// Send queues a request. Flush or Receive sends what is queued.
func (c *Conn) Send(args ...string) { c.out = AppendCommand(c.out, args...) }

// Flush sends what is queued. A pipeline whose replies do not fit the sockets' buffers must be received by another
// goroutine, or sent in parts.
func (c *Conn) Flush() error {
	if len(c.out) == 0 {
		return nil
	}
	if err := c.conn.SetWriteDeadline(c.deadline()); err != nil {
		return fmt.Errorf("send requests: %w", err)
	}
	_, err := c.conn.Write(c.out)
	if c.out = c.out[:0]; cap(c.out) > keepNever {
		c.out = nil
	}
	if err != nil {
		return fmt.Errorf("send requests: %w", err)
	}
	return nil
}

// Write sends bytes that are requests already. Unlike the other methods it may be called while another goroutine
// receives, if nothing is queued.
func (c *Conn) Write(requests []byte) (int, error) {
	n, err := c.conn.Write(requests)
	if err != nil {
		return n, fmt.Errorf("send requests: %w", err)
	}
	return n, nil
}

// Receive sends what is queued and returns the next reply or push.
func (c *Conn) Receive() (Value, error) {
	if err := c.Flush(); err != nil {
		return Value{}, err
	}
	if err := c.conn.SetReadDeadline(c.deadline()); err != nil {
		return Value{}, fmt.Errorf("receive reply: %w", err)
	}
	v, err := c.reader.Read()
	if err != nil {
		return Value{}, fmt.Errorf("receive reply: %w", err)
	}
	return v, nil
}

// Close ends the connection. A waiting Receive returns an error.
func (c *Conn) Close() error { return c.conn.Close() }

func (c *Conn) deadline() time.Time {
	if c.Timeout == 0 {
		return time.Time{}
	}
	return time.Now().Add(c.Timeout)
}
