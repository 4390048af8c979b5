package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"perigee/engine"
)

// admin is the HTTP listener for those who look after the server: metrics,
// health and profiles of the process. It asks for no password, so that it is
// off unless configured and stays on this machine unless told otherwise.
type admin struct {
	server *http.Server
	done   chan struct{} // closed when the listener is
}

// How long the loop may take to answer: a scrape, and a question whether the
// server is ready.
const (
	scrapeTimeout = 5 * time.Second
	readyTimeout  = time.Second
)

// listenAdmin binds the admin address, if there is to be one, and serves it
// until the node closes.
func (n *node) listenAdmin() error {
	o := n.settings.Operations
	if o.AdminListen == "" {
		return nil
	}
	listener, err := net.Listen("tcp", o.AdminListen)
	if err != nil {
		return fmt.Errorf("listen on admin-listen: %w", err)
	}
	handler := n.adminHandler()
	if !o.AdminRemote {
		handler = localHosts(handler)
	}
	n.admin = &admin{
		server: &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)},
		done:   make(chan struct{}),
	}
	n.log.Info("admin address", "address", listener.Addr().String())
	// The goroutine and those of its connections touch the engine by Ask only; close ends them.
	go func() {
		defer close(n.admin.done)
		if err := n.admin.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("the admin listener failed", "error", err.Error())
		}
	}()
	return nil
}

// close ends the listener and its connections.
func (a *admin) close() error {
	if a == nil {
		return nil
	}
	err := a.server.Close()
	<-a.done
	return err
}

func (n *node) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metricsHandler(n.snapshot, n.log))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", n.readyz)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// localHosts refuses requests for a host by a name other than localhost: a page
// in a browser on this machine may have had that name lead here.
func localHosts(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		if host != "localhost" && net.ParseIP(host) == nil && host != "" {
			http.Error(w, "unknown host", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var errLoopSilent = errors.New("the server does not answer")

// snapshot asks the loop for its figures.
func (n *node) snapshot(ctx context.Context) (*engine.Metrics, error) {
	answer := make(chan *engine.Metrics, 1)
	n.engine.Ask(func() { answer <- n.engine.Metrics() })
	select {
	case m := <-answer:
		return m, nil
	case <-ctx.Done():
		return nil, errLoopSilent
	}
}

// readyz says whether the server would serve a client now, and if not, why.
func (n *node) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	m, err := n.snapshot(ctx)
	switch {
	case err != nil:
	case m.Loading:
		err = errors.New("the server loads its data")
	case m.Busy:
		err = errors.New("a script overruns")
	case m.Journal.Refusal != nil:
		err = fmt.Errorf("writes are refused: %w", m.Journal.Refusal)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}
