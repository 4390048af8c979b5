package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"hash"
)

// errPassword is reported for a key that its password does not open.
var errPassword = errors.New("tls-key-file-pass does not open this key")

// decryptKey returns a private key in PEM without its encryption, which may be
// that of PKCS #8 with PBES2, as OpenSSL writes it, or the older one of PEM
// itself. A key that is not encrypted is returned as it is.
func decryptKey(text []byte, password string) ([]byte, error) {
	for rest := text; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return text, nil // tls says what is wrong with it
		}
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY":
			der, err := openPKCS8(block.Bytes, password)
			return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
		//lint:ignore SA1019 what operators have must be readable
		case x509.IsEncryptedPEMBlock(block):
			//lint:ignore SA1019 likewise
			der, err := x509.DecryptPEMBlock(block, []byte(password))
			if err != nil {
				return nil, errPassword
			}
			return pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: der}), nil
		}
	}
}

// The structures of RFC 8018 and RFC 5958 that an encrypted key consists of.
type encryptedKey struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2 struct {
	Derivation, Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Parameters struct {
	Salt   []byte
	Rounds int
	Length int                      `asn1:"optional"`
	Hash   pkix.AlgorithmIdentifier `asn1:"optional"`
}

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}

	keyHashes = []struct {
		oid  asn1.ObjectIdentifier
		make func() hash.Hash
	}{
		{nil, sha1.New}, // the default
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}, sha1.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, sha256.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}, sha512.New384},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}, sha512.New},
	}
	keyCiphers = []struct {
		oid    asn1.ObjectIdentifier
		length int
		make   func([]byte) (cipher.Block, error)
	}{
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32, aes.NewCipher},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}, 24, des.NewTripleDESCipher},
	}
)

// maxRounds bounds the work of deriving a key.
const maxRounds = 10_000_000

var errKeyEncryption = errors.New("the key is encrypted in a way that is not supported; openssl pkcs8 -topk8 -v2 aes256 writes one that is")

// openPKCS8 decrypts an EncryptedPrivateKeyInfo.
func openPKCS8(der []byte, password string) ([]byte, error) {
	var key encryptedKey
	var scheme pbes2
	var derivation pbkdf2Parameters
	if _, err := asn1.Unmarshal(der, &key); err != nil || !key.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, errKeyEncryption
	}
	if _, err := asn1.Unmarshal(key.Algorithm.Parameters.FullBytes, &scheme); err != nil || !scheme.Derivation.Algorithm.Equal(oidPBKDF2) {
		return nil, errKeyEncryption
	}
	if _, err := asn1.Unmarshal(scheme.Derivation.Parameters.FullBytes, &derivation); err != nil || derivation.Rounds < 1 || derivation.Rounds > maxRounds {
		return nil, errKeyEncryption
	}
	var iv []byte
	if _, err := asn1.Unmarshal(scheme.Cipher.Parameters.FullBytes, &iv); err != nil {
		return nil, errKeyEncryption
	}
	block, err := keyCipher(scheme.Cipher.Algorithm, derivation, password)
	if err != nil {
		return nil, err
	}
	if len(iv) != block.BlockSize() || len(key.Data) == 0 || len(key.Data)%block.BlockSize() != 0 {
		return nil, errKeyEncryption
	}
	plain := make([]byte, len(key.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, key.Data)
	padding := int(plain[len(plain)-1])
	if padding == 0 || padding > block.BlockSize() {
		return nil, errPassword
	}
	plain = plain[:len(plain)-padding]
	if _, err := x509.ParsePKCS8PrivateKey(plain); err != nil {
		return nil, errPassword
	}
	return plain, nil
}

// keyCipher derives the key of a cipher from the password.
func keyCipher(oid asn1.ObjectIdentifier, derivation pbkdf2Parameters, password string) (cipher.Block, error) {
	for _, c := range keyCiphers {
		for _, h := range keyHashes {
			if !c.oid.Equal(oid) || !h.oid.Equal(derivation.Hash.Algorithm) {
				continue
			}
			secret, err := pbkdf2.Key(h.make, password, derivation.Salt, derivation.Rounds, c.length)
			if err != nil {
				return nil, err
			}
			return c.make(secret)
		}
	}
	return nil, errKeyEncryption
}
