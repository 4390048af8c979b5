package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"perigee/config"
)

// credentials is what TLS connections are made with. It looks at the files at
// every handshake and reads them again when one has changed; what cannot be
// used is logged, and what was read before stays.
type credentials struct {
	log *slog.Logger

	mu       sync.Mutex
	settings config.TLS
	current  *tls.Config
	seen     string // state of the files that current, or the last failure, was made from
}

// newCredentials reads the files that the settings name.
func newCredentials(settings config.TLS, log *slog.Logger) (*credentials, error) {
	c := &credentials{log: log}
	return c, c.set(settings)
}

// config is for a listener. It never changes; what it hands to each client does.
func (c *credentials) config() *tls.Config {
	return &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return c.latest(), nil }}
}

// set reads the files anew by new settings; on an error everything stays.
// Any goroutine may call it.
func (c *credentials) set(settings config.TLS) error {
	seen := filesState(settings)
	made, err := serverTLS(settings)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settings, c.current, c.seen = settings, made, seen
	return nil
}

// latest is what to serve a client with now.
func (c *credentials) latest() *tls.Config {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := filesState(c.settings)
	if seen == c.seen {
		return c.current
	}
	c.seen = seen // before reading: a change meanwhile is met by the next handshake
	made, err := serverTLS(c.settings)
	if err != nil {
		c.log.Error("the changed TLS files cannot be used; the former certificates stay", "error", err.Error())
		return c.current
	}
	c.log.Info("read the changed TLS files")
	c.current = made
	return made
}

// filesState is different when one of the files is.
func filesState(settings config.TLS) string {
	var state strings.Builder
	for _, path := range append([]string{settings.CertFile, settings.KeyFile, settings.CACertFile}, authorityFiles(settings.CACertDir)...) {
		if info, err := os.Stat(path); err == nil {
			fmt.Fprintf(&state, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return state.String()
}

// authorityFiles is the files of a directory, or none.
func authorityFiles(dir string) []string {
	if dir == "" {
		return nil
	}
	entries, _ := os.ReadDir(dir) // one that cannot be read has no files: readAuthorityDir says why
	var files []string
	for _, entry := range entries {
		if !entry.IsDir() {
			files = append(files, filepath.Join(dir, entry.Name()))
		}
	}
	return files
}

// serverTLS makes the settings of TLS connections. Its errors name setting and file.
func serverTLS(c config.TLS) (*tls.Config, error) {
	pair, err := readPair(c)
	if err != nil {
		return nil, err
	}
	made := &tls.Config{Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: !c.SessionCaching}
	if made.MinVersion, made.MaxVersion, err = tlsVersions(c.Protocols); err != nil {
		return nil, err
	}
	if made.CipherSuites, err = tlsCiphers(c.Ciphers); err != nil {
		return nil, err
	}
	if err = checkCipherSuites(c.CipherSuites); err != nil {
		return nil, err
	}
	if c.AuthClients == "no" {
		return made, nil
	}
	made.ClientAuth = tls.RequireAndVerifyClientCert
	if c.AuthClients == "optional" {
		made.ClientAuth = tls.VerifyClientCertIfGiven
	}
	made.ClientCAs, err = clientAuthorities(c)
	return made, err
}

// readPair reads the certificate and its key.
func readPair(c config.TLS) (tls.Certificate, error) {
	cert, err := os.ReadFile(c.CertFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls-cert-file: %w", err)
	}
	key, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("tls-key-file: %w", err)
	}
	if key, err = decryptKey(key, c.KeyFilePass); err != nil {
		return tls.Certificate{}, fmt.Errorf("tls-key-file %s: %w", c.KeyFile, err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return pair, fmt.Errorf("tls-cert-file %s and tls-key-file %s: %w", c.CertFile, c.KeyFile, err)
	}
	return pair, nil
}

// clientAuthorities reads the authorities that client certificates are checked against.
func clientAuthorities(c config.TLS) (*x509.CertPool, error) {
	pool := x509.NewCertPool()
	if c.CACertFile != "" {
		if err := addAuthorities(pool, c.CACertFile); err != nil {
			return nil, fmt.Errorf("tls-ca-cert-file: %w", err)
		}
	}
	if c.CACertDir == "" {
		return pool, nil
	}
	if _, err := os.ReadDir(c.CACertDir); err != nil {
		return nil, fmt.Errorf("tls-ca-cert-dir: %w", err)
	}
	found := 0
	for _, path := range authorityFiles(c.CACertDir) {
		if addAuthorities(pool, path) == nil { // other files may lie there as well
			found++
		}
	}
	if found == 0 {
		return nil, fmt.Errorf("tls-ca-cert-dir: no certificate in the files of %s", c.CACertDir)
	}
	return pool, nil
}

var errProtocols = errors.New("tls-protocols: use a combination of TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3")

// tlsVersions is the oldest and the newest version of a list.
func tlsVersions(list string) (oldest, newest uint16, err error) {
	words := strings.Fields(list)
	if len(words) == 0 {
		return tls.VersionTLS12, tls.VersionTLS13, nil
	}
	for _, word := range words {
		var version uint16
		switch strings.ToLower(word) {
		case "tlsv1":
			version = tls.VersionTLS10
		case "tlsv1.1":
			version = tls.VersionTLS11
		case "tlsv1.2":
			version = tls.VersionTLS12
		case "tlsv1.3":
			version = tls.VersionTLS13
		default:
			return 0, 0, errProtocols
		}
		if oldest == 0 {
			oldest = version
		}
		oldest, newest = min(oldest, version), max(newest, version)
	}
	return oldest, newest, nil
}

// opensslNames is what OpenSSL calls the ciphers of TLS 1.2 and older that Go has.
var opensslNames = map[string]uint16{
	"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-ECDSA-CHACHA20-POLY1305": tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
	"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
	"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	"ECDHE-RSA-CHACHA20-POLY1305":   tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
	"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
	"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
	"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
}

// tlsCiphers is the ciphers of a list; nil, for an empty one and for DEFAULT,
// is those that Go holds for safe. Ciphers that only OpenSSL has are left out
// as long as one remains.
func tlsCiphers(list string) ([]uint16, error) {
	if list == "" || strings.HasPrefix(list, "DEFAULT") {
		return nil, nil
	}
	var ids []uint16
	for _, name := range strings.FieldsFunc(list, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		if id, ok := opensslNames[strings.ToUpper(name)]; ok {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, fmt.Errorf("tls-ciphers: none of %s is known", list)
	}
	return ids, nil
}

// checkCipherSuites refuses a list in which no suite of TLS 1.3 is named.
func checkCipherSuites(list string) error {
	for _, name := range strings.Split(list, ":") {
		switch name {
		case "", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256":
			return nil
		}
	}
	return fmt.Errorf("tls-ciphersuites: none of %s is known", list)
}
