package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"perigee/config"
	"perigee/engine/reference"
)

// copyFile puts the contents of one file into another, with a later time.
func copyFile(t *testing.T, to, from string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// answers reports whether a TLS client that trusts an authority is served.
func answers(t *testing.T, port, authority string, more ...string) bool {
	t.Helper()
	output, status := perigee(t, "", append([]string{"cli", "-p", port, "--tls", "--cacert", authority, "PING"}, more...)...)
	return status == 0 && output == "PONG"
}

func TestChangedTLSFilesAreReadAgain(t *testing.T) {
	for _, loop := range []string{"auto", "goroutines"} {
		cert1, key1 := writeCertificate(t)
		cert2, key2 := writeCertificate(t)
		dir := t.TempDir()
		cert, key := filepath.Join(dir, "cert"), filepath.Join(dir, "key")
		copyFile(t, cert, cert1)
		copyFile(t, key, key1)
		port := reference.FreePort(t)
		c := startServer(t, "--ephemeral", "--event-loop", loop, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no")
		if !answers(t, port, cert1) || answers(t, port, cert2) {
			t.Error("the first certificate is not shown")
		}
		copyFile(t, cert, os.DevNull)
		if !answers(t, port, cert1) {
			t.Error("a broken file took the certificate away")
		}
		copyFile(t, key, key2)
		copyFile(t, cert, cert2)
		if answers(t, port, cert1) || !answers(t, port, cert2) {
			t.Error("the second certificate is not shown")
		}
		c.expect("OK", "CONFIG", "SET", "tls-cert-file", cert1, "tls-key-file", key1)
		if !answers(t, port, cert1) || answers(t, port, cert2) {
			t.Error("CONFIG SET did not change the certificate")
		}
		c.expect("(error) ERR CONFIG SET failed (possibly related to argument 'tls-cert-file') - Unable to update TLS configuration. Check server logs.",
			"CONFIG", "SET", "tls-cert-file", "none")
		c.expect("1) \"tls-cert-file\"\n2) \""+cert1+"\"", "CONFIG", "GET", "tls-cert-file")
		c.expect("OK", "CONFIG", "SET", "tls-auth-clients", "yes", "tls-ca-cert-file", cert2)
		if answers(t, port, cert1) {
			t.Error("a client without a certificate was served")
		}
		if _, status := perigee(t, "", "cli", "-p", port, "--tls", "--cacert", cert1, "--cert", cert2, "--key", key2, "PING"); status != 0 {
			t.Error("a client with a certificate was not served")
		}
		c.stop(os.Interrupt)
	}
}

func TestConfigSetMovesTheServer(t *testing.T) {
	cert, key := writeCertificate(t)
	c := startServer(t, "--ephemeral")
	port, tlsPort := reference.FreePort(t), reference.FreePort(t)
	c.expect("OK", "CONFIG", "SET", "port", port, "tls-port", tlsPort, "tls-auth-clients", "no", "tls-cert-file", cert, "tls-key-file", key)
	if output, _ := perigee(t, "", "cli", "-p", port, "PING"); output != "PONG" || !answers(t, tlsPort, cert) {
		t.Error("the server did not move")
	}
	c.expect("(error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses.", "CONFIG", "SET", "bind", "203.0.113.7")
	c.expect("1) \"bind\"\n2) \"127.0.0.1 -::1\"", "CONFIG", "GET", "bind")
	if output, _ := perigee(t, "", "cli", "-p", port, "PING"); output != "PONG" {
		t.Error("a refused address closed the others")
	}
	c.expect("OK", "CONFIG", "SET", "port", "0", "tls-port", "0")
	if _, status := perigee(t, "", "cli", "-p", port, "PING"); status == 0 || answers(t, tlsPort, cert) {
		t.Error("a closed port is open")
	}
	c.stop(os.Interrupt)
}

func TestRedisCLIConnectsByTLSAndUnixSocket(t *testing.T) {
	path, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("redis-cli is not installed")
	}
	cert, key := writeCertificate(t)
	for _, loop := range []string{"auto", "goroutines"} {
		port := reference.FreePort(t)
		c := startServer(t, "--ephemeral", "--event-loop", loop, "--unixsocketperm", "700", "--tls-port", port, "--tls-cert-file", cert,
			"--tls-key-file", key, "--tls-ca-cert-file", cert)
		for _, args := range [][]string{
			{"-s", c.socket}, {"-p", port, "--tls", "--cacert", cert, "--cert", cert, "--key", key},
		} {
			output, err := exec.Command(path, append(args, "-3", "ECHO", "hello")...).CombinedOutput()
			if err != nil || !strings.Contains(string(output), "hello") {
				t.Errorf("redis-cli %s: %s, %v", args, output, err)
			}
		}
		output, _ := exec.Command(path, "-p", port, "--tls", "--cacert", cert, "PING").CombinedOutput()
		if strings.Contains(string(output), "PONG") {
			t.Error("redis-cli without a certificate was served")
		}
		if info, err := os.Stat(c.socket); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the socket is %v, %v", info, err)
		}
		c.stop(os.Interrupt)
	}
}

func TestTLSSettingsAreNamedWhenTheyAreWrong(t *testing.T) {
	cert, key := writeCertificate(t)
	empty := t.TempDir()
	for want, c := range map[string]config.TLS{
		"tls-cert-file: open none: ":                 {CertFile: "none", KeyFile: key},
		"tls-key-file: open none: ":                  {CertFile: cert, KeyFile: "none"},
		"tls-cert-file " + key + " and tls-key-file": {CertFile: key, KeyFile: cert},
		"tls-ca-cert-file: no certificate in " + key: {CertFile: cert, KeyFile: key, CACertFile: key, AuthClients: "yes"},
		"tls-ca-cert-dir: open none: ":               {CertFile: cert, KeyFile: key, CACertDir: "none", AuthClients: "yes"},
		"tls-ca-cert-dir: no certificate in the":     {CertFile: cert, KeyFile: key, CACertDir: empty, AuthClients: "yes"},
		"tls-protocols: use a combination of":        {CertFile: cert, KeyFile: key, Protocols: "TLSv1.2 SSLv3"},
		"tls-ciphers: none of FOO:BAR is known":      {CertFile: cert, KeyFile: key, Ciphers: "FOO:BAR"},
		"tls-ciphersuites: none of X is known":       {CertFile: cert, KeyFile: key, CipherSuites: "X"},
	} {
		if _, err := newCredentials(c, slog.New(slog.DiscardHandler)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v; want %s", err, want)
		}
	}
}

func TestTLSSettingsTakeEffect(t *testing.T) {
	cert, key := writeCertificate(t)
	base := config.TLS{CertFile: cert, KeyFile: key, CACertDir: filepath.Dir(cert), AuthClients: "optional", SessionCaching: true}
	made, err := serverTLS(base)
	if err != nil || made.MinVersion != tls.VersionTLS12 || made.ClientCAs == nil || made.ClientAuth != tls.VerifyClientCertIfGiven || made.SessionTicketsDisabled {
		t.Errorf("%+v, %v", made, err)
	}
	base.Protocols, base.Ciphers, base.SessionCaching = "TLSv1.1 tlsv1.2", "ecdhe-ecdsa-aes128-gcm-sha256:UNKNOWN:AES256-SHA", false
	made, err = serverTLS(base)
	if err != nil {
		t.Fatal(err)
	}
	ciphers := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_RSA_WITH_AES_256_CBC_SHA}
	if made.MinVersion != tls.VersionTLS11 || made.MaxVersion != tls.VersionTLS12 || !slices.Equal(made.CipherSuites, ciphers) || !made.SessionTicketsDisabled {
		t.Errorf("%+v", made)
	}
}

func TestEncryptedKeysAreOpened(t *testing.T) {
	cert, key := writeCertificate(t)
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	//lint:ignore SA1019 what operators have must be readable
	old, err := x509.EncryptPEMBlock(rand.Reader, "PRIVATE KEY", block.Bytes, []byte("secret"), x509.PEMCipherAES256)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{"PEM": pem.EncodeToMemory(old), "PBES2": encryptPKCS8(t, block.Bytes, "secret"), "plain": text}
	if openssl, err := exec.LookPath("openssl"); err == nil {
		for _, cipher := range []string{"aes-128-cbc", "aes-256-cbc", "des3"} {
			made, err := exec.Command(openssl, "pkcs8", "-topk8", "-in", key, "-v2", cipher, "-passout", "pass:secret").Output()
			if err != nil {
				t.Fatal(err)
			}
			files[cipher] = made
		}
	}
	for name, text := range files {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := serverTLS(config.TLS{CertFile: cert, KeyFile: path, KeyFilePass: "secret", AuthClients: "no"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		_, err := serverTLS(config.TLS{CertFile: cert, KeyFile: path, KeyFilePass: "wrong", AuthClients: "no"})
		if name != "plain" && (err == nil || !strings.Contains(err.Error(), path)) {
			t.Errorf("%s with a wrong password: %v", name, err)
		}
	}
}

// encryptPKCS8 encrypts a key by PBES2.
func encryptPKCS8(t testing.TB, der []byte, password string) []byte {
	t.Helper()
	marshal := func(v any) asn1.RawValue {
		der, err := asn1.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	salt, iv := []byte("12345678"), []byte("0123456789abcdef")
	secret, err := pbkdf2.Key(sha256.New, password, salt, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		t.Fatal(err)
	}
	padding := 16 - len(der)%16
	data := append(slices.Clone(der), bytes.Repeat([]byte{byte(padding)}, padding)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)
	key := encryptedKey{Data: data, Algorithm: pkix.AlgorithmIdentifier{Algorithm: oidPBES2, Parameters: marshal(pbes2{
		Derivation: pkix.AlgorithmIdentifier{Algorithm: oidPBKDF2, Parameters: marshal(pbkdf2Parameters{
			Salt: salt, Rounds: 10, Hash: pkix.AlgorithmIdentifier{Algorithm: keyHashes[2].oid, Parameters: asn1.NullRawValue},
		})},
		Cipher: pkix.AlgorithmIdentifier{Algorithm: keyCiphers[2].oid, Parameters: marshal(iv)},
	})}}
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: marshal(key).FullBytes})
}

// FuzzDecryptKey opens any bytes.
func FuzzDecryptKey(f *testing.F) {
	block, _ := pem.Decode(encryptPKCS8(f, []byte("no key"), "secret"))
	f.Add(block.Bytes)
	f.Fuzz(func(t *testing.T, der []byte) {
		if bytes.Contains(der, []byte{2, 3}) || bytes.Contains(der, []byte{2, 4}) {
			return // so many rounds take long
		}
		_, _ = decryptKey(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}), "secret")
	})
}
