package resp

// Len returns the number of bytes written and not yet consumed.
func (w *Writer) Len() int { return len(w.buf) - w.sent }

// Bytes returns what Len counts. The slice is valid until the next call of any other method.
func (w *Writer) Bytes() []byte { return w.buf[w.sent:] }

// Memory returns the bytes that the Writer holds, used or not.
func (w *Writer) Memory() int { return cap(w.buf) }

// Raw appends bytes that are protocol already, such as a message encoded once for many clients.
func (w *Writer) Raw(b []byte) { w.buf = append(w.buf, b...) }

// Consume drops the first n of Bytes, because they were sent. When nothing remains, a buffer that has become too large
// is given back. The cost is constant except when a client reads slowly: then what remains is moved to the front once
// at least as much has been sent.
func (w *Writer) Consume(n int) {
	if n < 0 || n > w.Len() {
		panic("resp: consumed more than was written")
	}
	w.high = max(w.high, len(w.buf))
	w.sent += n
	switch {
	case w.sent == len(w.buf):
		w.Reset()
	case w.sent >= keepAlways && w.sent >= w.Len():
		w.buf = w.buf[:copy(w.buf, w.buf[w.sent:])]
		w.sent = 0
	}
}

// Reset drops all that was written. The protocol stays.
func (w *Writer) Reset() {
	used := max(w.high, len(w.buf))
	w.high, w.sent = 0, 0
	if w.shrink.drained(cap(w.buf), used) {
		w.buf = nil
		return
	}
	w.buf = w.buf[:0]
}

// Truncate drops all that was written since Len returned mark. There must have been no Consume in between.
func (w *Writer) Truncate(mark int) { w.buf = w.buf[:w.sent+mark] }

// Release gives the buffer back if nothing is waiting in it. It is for connections that have been idle for a while.
func (w *Writer) Release() {
	if w.Len() == 0 {
		w.buf, w.sent, w.high = nil, 0, 0
	}
}
