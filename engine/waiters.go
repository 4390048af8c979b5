package engine

// waiters are clients registered under keys: subscribers of channels, clients
// that watch a key, clients that are blocked on one. Those of a key are in the
// order in which they came; joining and leaving cost O(1).
type waiters[K comparable] map[K]*waitingLine[K]

// waitingLine is the clients of one key, of which there is at least one.
type waitingLine[K comparable] struct {
	first, last *waiter[K]
	length      int
}

// waiter is one client under one key.
type waiter[K comparable] struct {
	client     *Client
	key        K
	prev, next *waiter[K]
}

// join puts a client at the end of the line of key.
func (ws waiters[K]) join(key K, c *Client) *waiter[K] {
	w := &waiter[K]{client: c, key: key}
	line := ws[key]
	if line == nil {
		ws[key] = &waitingLine[K]{w, w, 1}
		return w
	}
	w.prev, line.last.next = line.last, w
	line.last = w
	line.length++
	return w
}

// leave takes w, which has joined, out.
func (ws waiters[K]) leave(w *waiter[K]) {
	line := ws[w.key]
	if line.length--; line.length == 0 {
		delete(ws, w.key)
		return
	}
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		line.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		line.last = w.prev
	}
}

// count is the length of the line of key.
func (ws waiters[K]) count(key K) int {
	if line := ws[key]; line != nil {
		return line.length
	}
	return 0
}
