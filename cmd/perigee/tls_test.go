package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"perigee/config"
)

// writeCertificate makes a certificate for this machine, its own authority, and
// returns the files of it and of its key.
func writeCertificate(t *testing.T) (cert, key string) {
	t.Helper()
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "perigee test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &secret.PublicKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, bytes []byte) string {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

func TestTLSChecksBothSides(t *testing.T) {
	cert, key := writeCertificate(t)
	for _, c := range []struct {
		name    string
		clients string // tls-auth-clients
		target  target
		ok      bool
	}{
		{"a client that trusts the authority", "no", target{caCert: cert}, true},
		{"a client that trusts nobody", "no", target{}, false},
		{"a client that does not look", "no", target{insecure: true}, true},
		{"no certificate where one is asked for", "yes", target{caCert: cert}, false},
		{"no certificate where one is optional", "optional", target{caCert: cert}, true},
		{"a certificate", "yes", target{caCert: cert, cert: cert, key: key}, true},
	} {
		settings, err := serverTLS(config.TLS{CertFile: cert, KeyFile: key, CACertFile: cert, AuthClients: c.clients})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := tls.Listen("tcp", "127.0.0.1:0", settings)
		if err != nil {
			t.Fatal(err)
		}
		go answerOnce(listener)
		c.target.tls, c.target.host, c.target.port = true, "127.0.0.1", listener.Addr().(*net.TCPAddr).Port
		if conn, err := c.target.connect(); err == nil {
			_, err = conn.Do("PING")
			conn.Close()
			if (err == nil) != c.ok {
				t.Errorf("%s: %v", c.name, err)
			}
		} else if c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		listener.Close()
	}
}

// answerOnce takes one connection and answers one request. It ends with the connection or the listener.
func answerOnce(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	if n, err := conn.Read(make([]byte, 64)); err == nil && n > 0 {
		_, _ = conn.Write([]byte("+PONG\r\n"))
	}
}
