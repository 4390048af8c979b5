package resp

const (
	firstRead  = 2 << 10  // Space of a buffer's first read; it doubles whenever a read fills it.
	largeStep  = 1 << 20  // An announced length is believed so far; beyond it the buffer grows with what has arrived.
	afterLarge = 16 << 10 // Space left behind a large argument for what follows it.
)

// Buffer is a client's query buffer: the loop reads into Free, tells Wrote how much it was, and drops from the front
// what Framer has consumed. The zero value is ready and holds no memory. A Buffer belongs to one goroutine.
type Buffer struct {
	buf    []byte // buf[start:] is what was written and not consumed.
	start  int
	high   int // Most bytes held since the buffer was last empty.
	shrink shrinker
}

// Len returns the number of bytes to be consumed.
func (b *Buffer) Len() int { return len(b.buf) - b.start }

// Bytes returns the bytes to be consumed. The slice is valid until the next Free or Append.
func (b *Buffer) Bytes() []byte { return b.buf[b.start:] }

// Memory returns the bytes that the Buffer holds, used or not.
func (b *Buffer) Memory() int { return cap(b.buf) }

// Free returns space to read into, at least one byte. What was held may move. The need is that of Framer.Need: an
// unfinished command is given room for all of it, but never more than what has arrived justifies, so that an announced
// length costs its sender as much as the server.
func (b *Buffer) Free(need int) []byte {
	if len(b.buf) == cap(b.buf) || (need > cap(b.buf) && cap(b.buf) < largeStep) {
		b.makeRoom(need)
	}
	return b.buf[len(b.buf):cap(b.buf)]
}

// Wrote adds the first n bytes of what Free returned.
func (b *Buffer) Wrote(n int) {
	b.buf = b.buf[:len(b.buf)+n]
	b.high = max(b.high, len(b.buf))
}

// Append adds a copy of p, for servers that read elsewhere and keep only what a client left unfinished.
func (b *Buffer) Append(p []byte, need int) {
	for len(p) > 0 {
		n := copy(b.Free(need), p)
		b.Wrote(n)
		p = p[n:]
	}
}

// Consume drops n bytes from the front. What Bytes returned keeps its contents until the next Free or Append.
func (b *Buffer) Consume(n int) {
	if n < 0 || n > b.Len() {
		panic("resp: consumed more than was read")
	}
	b.start += n
	if n == 0 || b.start < len(b.buf) {
		return
	}
	size, used := cap(b.buf), b.high
	b.start, b.high = 0, 0
	switch {
	case b.shrink.drained(size, used):
		b.buf = nil
	case used == size && size < keepAlways:
		b.buf = make([]byte, 0, 2*size) // The client sends more at once than a read takes.
	default:
		b.buf = b.buf[:0]
	}
}

// Release gives the memory back if the buffer is empty. It is for connections that have been idle for a while.
func (b *Buffer) Release() {
	if b.Len() == 0 {
		b.buf, b.start, b.high = nil, 0, 0
	}
}

// makeRoom moves what is held to the front, or into a larger buffer. Both cost no more than a constant per byte read:
// a command is moved to the front once, and a buffer at least doubles unless the need is less.
func (b *Buffer) makeRoom(need int) {
	held := b.Bytes()
	size := b.grown(need)
	if size > cap(b.buf) {
		b.buf = append(make([]byte, 0, size), held...)
	} else {
		b.buf = b.buf[:copy(b.buf[:cap(b.buf)], held)]
	}
	b.start, b.high = 0, len(b.buf)
}

// grown returns the capacity to go on with.
func (b *Buffer) grown(need int) int {
	size := max(cap(b.buf), firstRead/2)
	if need > size {
		justified := max(2*size, largeStep)
		return min(need, justified-afterLarge) + afterLarge
	}
	if b.start > 0 && size >= keepAlways {
		return size // Dropping what was consumed makes room enough.
	}
	return 2 * size
}
