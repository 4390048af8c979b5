// Package server is Perigee's network front: listeners, connections, and the
// loop on whose goroutine everything that touches the keyspace runs.
//
// One iteration of the loop (loop.go) polls, reads what came, frames it and
// executes each command in place, ends the iteration in the engine (where the
// journal groups its writes), and then writes what each client may see, once
// per client. Nothing on that path waits for a peer.
//
// A connection (conn.go) is the same whatever carries it. What carries it is a
// link: on Linux a nonblocking socket (socket_linux.go) that the loop waits for
// with epoll (epoll_linux.go); for TLS, and for everything where epoll is
// missing or not wanted, a pair of goroutines that read and write and hand
// bytes to the loop (stream.go). Both kinds are framed, executed, limited and
// closed by the same code.
//
// Other goroutines never touch a connection: they hand a stream's arrival or a
// function to the loop and wake it. Run is the loop; Shutdown ends it from
// elsewhere and waits until every goroutine started here has gone.
package server
