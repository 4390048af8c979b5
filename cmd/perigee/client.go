package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"perigee/engine/resp"
)

// target is the server that a tool talks to, and who it says it is.
type target struct {
	uri      string
	host     string
	port     int
	socket   string
	user     string
	password string
	db       int
	resp3    bool

	tls        bool
	insecure   bool
	serverName string
	caCert     string
	caDir      string
	cert       string
	key        string
}

// passwordVariable holds the password where no flag does; redis-cli reads it too.
const passwordVariable = "REDISCLI_AUTH"

const dialTimeout = 10 * time.Second

// addTarget gives a command the flags that name a server, with the letters that redis-cli has for them.
func addTarget(cmd *cobra.Command, t *target) {
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.SetInterspersed(false) // what follows the first argument belongs to it
	flags.Bool("help", false, "show this help")
	flags.StringVarP(&t.host, "host", "h", "127.0.0.1", "host of the server")
	flags.IntVarP(&t.port, "port", "p", 6379, "port of the server")
	flags.StringVarP(&t.socket, "socket", "s", "", "Unix socket of the server, instead of host and port")
	flags.StringVarP(&t.uri, "uri", "u", "", "server as redis://[user:password@]host[:port][/db], rediss:// for TLS, or unix:///path")
	flags.StringVarP(&t.password, "pass", "a", "", "password; better kept in the environment as "+passwordVariable)
	flags.StringVar(&t.user, "user", "", "user the password belongs to; the default user if empty")
	flags.IntVarP(&t.db, "db", "n", 0, "number of the database")
	flags.BoolVarP(&t.resp3, "resp3", "3", false, "speak RESP3")
	flags.BoolVar(&t.tls, "tls", false, "connect with TLS")
	flags.BoolVar(&t.insecure, "insecure", false, "do not check the server's certificate")
	flags.StringVar(&t.caCert, "cacert", "", "file of authorities to check the server's certificate against, in PEM")
	flags.StringVar(&t.caDir, "cacertdir", "", "directory of such files")
	flags.StringVar(&t.serverName, "sni", "", "name of the server that its certificate is checked for; the host if empty")
	flags.StringVar(&t.cert, "cert", "", "file of the certificate to show to the server, in PEM")
	flags.StringVar(&t.key, "key", "", "file of that certificate's key, in PEM")
}

// resolve takes the URI and the environment into account. What it reports is a
// mistake on the command line.
func (t *target) resolve() error {
	if t.uri != "" {
		if err := t.parseURI(); err != nil {
			return &failure{exitUsage, err}
		}
	}
	if t.password == "" {
		t.password = os.Getenv(passwordVariable)
	}
	if t.user != "" && t.password == "" {
		return &failure{exitUsage, errors.New("--user needs a password, by -a or in " + passwordVariable)}
	}
	return nil
}

func (t *target) parseURI() error {
	u, err := url.Parse(t.uri)
	if err != nil {
		var reason *url.Error
		if errors.As(err, &reason) {
			err = reason.Err // the error itself shows the password
		}
		return fmt.Errorf("--uri: %w", err)
	}
	if password, ok := u.User.Password(); ok {
		t.user, t.password = u.User.Username(), password
	} else if name := u.User.Username(); name != "" {
		t.password = name // redis://password@host, as redis-cli takes it
	}
	switch u.Scheme {
	case "unix":
		t.socket = u.Path
		return nil
	case "rediss":
		t.tls = true
	case "redis":
	default:
		return fmt.Errorf("--uri: %q is not redis, rediss or unix", u.Scheme)
	}
	if u.Hostname() != "" {
		t.host = u.Hostname()
	}
	return t.numbers(u.Port(), strings.Trim(u.Path, "/"))
}

// numbers takes the port and the database of a URI.
func (t *target) numbers(port, db string) error {
	for _, n := range []struct {
		text string
		to   *int
	}{{port, &t.port}, {db, &t.db}} {
		if n.text == "" {
			continue
		}
		number, err := strconv.Atoi(n.text)
		if err != nil || number < 0 {
			return fmt.Errorf("--uri: %q is no number", n.text)
		}
		*n.to = number
	}
	return nil
}

// address is the server's network and address.
func (t *target) address() (network, address string) {
	if t.socket != "" {
		return "unix", t.socket
	}
	return "tcp", net.JoinHostPort(t.host, strconv.Itoa(t.port))
}

// connect dials the server, authenticates, and selects protocol and database.
func (t *target) connect() (*resp.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	conn, err := t.dial(ctx)
	if err != nil {
		return nil, err
	}
	for _, command := range t.greeting() {
		reply, err := conn.Do(command...)
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			conn.Close()
			return nil, fmt.Errorf("%s: %w", command[0], err)
		}
	}
	return conn, nil
}

func (t *target) dial(ctx context.Context) (*resp.Conn, error) {
	network, address := t.address()
	if !t.tls {
		return resp.Dial(ctx, network, address)
	}
	settings, err := t.tlsConfig()
	if err != nil {
		return nil, err
	}
	dialer := tls.Dialer{Config: settings}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", address, err)
	}
	return resp.NewConn(conn), nil
}

func (t *target) tlsConfig() (*tls.Config, error) {
	settings := &tls.Config{ServerName: cmp.Or(t.serverName, t.host), InsecureSkipVerify: t.insecure}
	if t.caCert != "" {
		authorities, err := readAuthorities(t.caCert)
		if err != nil {
			return nil, err
		}
		settings.RootCAs = authorities
	}
	if t.caDir != "" {
		if settings.RootCAs == nil {
			settings.RootCAs = x509.NewCertPool()
		}
		for _, path := range authorityFiles(t.caDir) {
			_ = addAuthorities(settings.RootCAs, path) // other files may lie there as well
		}
	}
	if t.cert != "" || t.key != "" {
		pair, err := tls.LoadX509KeyPair(t.cert, t.key)
		if err != nil {
			return nil, fmt.Errorf("read certificate: %w", err)
		}
		settings.Certificates = []tls.Certificate{pair}
	}
	return settings, nil
}

// readAuthorities reads a file of certificates in PEM.
func readAuthorities(path string) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if err := addAuthorities(pool, path); err != nil {
		return nil, fmt.Errorf("read authorities: %w", err)
	}
	return pool, nil
}

// addAuthorities adds the certificates of a file in PEM to a pool.
func addAuthorities(pool *x509.CertPool, path string) error {
	pem, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return fmt.Errorf("no certificate in %s", path)
	}
	return nil
}

// greeting is the commands that a fresh connection sends.
func (t *target) greeting() [][]string {
	var commands [][]string
	user := t.user
	if user == "" {
		user = "default"
	}
	switch {
	case t.resp3 && t.password != "":
		commands = append(commands, []string{"HELLO", "3", "AUTH", user, t.password})
	case t.resp3:
		commands = append(commands, []string{"HELLO", "3"})
	case t.user != "":
		commands = append(commands, []string{"AUTH", t.user, t.password})
	case t.password != "":
		commands = append(commands, []string{"AUTH", t.password})
	}
	if t.db != 0 {
		commands = append(commands, []string{"SELECT", strconv.Itoa(t.db)})
	}
	return commands
}
