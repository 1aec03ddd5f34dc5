// Package link signs what stands in the links of messages, so that a customer
// needs no log-in and nobody can make up or alter a link.
//
// A token is base64url, without padding, of
//
//	key id (3 bytes) | expiry (5 bytes, Unix seconds) | subject | MAC (16 bytes)
//
// The MAC is HMAC-SHA256, cut to 128 bits, over purpose and all before it. The
// purpose itself is not in the token: it is the page that asks.
package link

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"sync"
	"time"
)

// Purpose is the page a token opens; no token of one opens another.
type Purpose byte

// The purposes, each the letter of its page's path.
const (
	Answer      Purpose = 'a'
	Unsubscribe Purpose = 'u'
)

// What Open answers beside success.
var (
	ErrInvalid = errors.New("link is not valid")   // made up, altered, of another purpose or key
	ErrExpired = errors.New("link is out of date") // genuine, but too old
)

const (
	keyIDSize  = 3
	expirySize = 5
	macSize    = 16 // 128 bits
	headSize   = keyIDSize + expirySize
	maxToken   = 2048 // characters; longer ones are not even decoded
	minSecret  = 32   // bytes
	maxExpiry  = 1<<(8*expirySize) - 1
)

var encoding = base64.RawURLEncoding

// Signer makes and opens tokens. It is safe for concurrent use.
type Signer struct {
	current key
	all     []key
}

type key struct {
	id   [keyIDSize]byte
	macs *sync.Pool // of *maker: setting one up takes as long as two tokens
}

// maker makes and checks tokens of one key, one at a time.
type maker struct {
	mac hash.Hash
	b   []byte // what is signed, and behind it the MAC
}

func newKey(secret []byte) key {
	return key{macs: &sync.Pool{New: func() any { return &maker{mac: hmac.New(sha256.New, secret)} }}}
}

// maker takes a maker; who took it puts it back.
func (k *key) maker() *maker {
	m, ok := k.macs.Get().(*maker)
	if !ok {
		panic("link: the pool gave something else") // it holds nothing else
	}
	m.b = m.b[:0]
	return m
}

// New returns a signer. The first secret signs; the others are retired ones,
// whose links still open until they expire. Each is at least 32 bytes.
func New(secrets ...[]byte) (*Signer, error) {
	if len(secrets) == 0 {
		return nil, errors.New("make signer: no key")
	}
	s := &Signer{}
	for i, secret := range secrets {
		if len(secret) < minSecret {
			return nil, fmt.Errorf("make signer: key %d has %d bytes, at least %d are needed", i+1, len(secret), minSecret)
		}
		k := newKey(derive(secret, "link"))
		copy(k.id[:], derive(secret, "link key id"))
		for _, other := range s.all {
			if other.id == k.id {
				return nil, fmt.Errorf("make signer: key %d stands there twice", i+1)
			}
		}
		s.all = append(s.all, k)
	}
	s.current = s.all[0]
	return s, nil
}

// Token returns the token for a subject that opens until expires, to the
// second. The same arguments give the same token. Times before 1970 count as
// 1970: such a token is expired.
func (s *Signer) Token(purpose Purpose, subject string, expires time.Time) string {
	return string(s.Append(nil, purpose, subject, expires))
}

// Append appends to b what [Signer.Token] returns.
func (s *Signer) Append(b []byte, purpose Purpose, subject string, expires time.Time) []byte {
	m := s.current.maker()
	defer s.current.macs.Put(m)
	m.b = append(m.b, s.current.id[:]...)
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(min(max(expires.Unix(), 0), maxExpiry)))
	m.b = append(m.b, at[8-expirySize:]...)
	m.b = append(m.b, subject...)
	m.sign(purpose, len(m.b))
	return encoding.AppendEncode(b, m.b)
}

// Open returns the subject of a token: [ErrInvalid] without one when it is not
// genuine or not of that purpose, [ErrExpired] with the subject when now is
// at or after its expiry.
func (s *Signer) Open(purpose Purpose, token string, now time.Time) (subject string, err error) {
	if len(token) > maxToken {
		return "", ErrInvalid
	}
	b, err := encoding.DecodeString(token)
	if err != nil || len(b) < headSize+macSize || encoding.EncodeToString(b) != token {
		return "", ErrInvalid // the decoder overlooks line ends and last bits: a token has one spelling
	}
	signed, mac := b[:len(b)-macSize], b[len(b)-macSize:]
	if !s.genuine(purpose, signed, mac) {
		return "", ErrInvalid
	}
	subject = string(signed[headSize:])
	var at [8]byte
	copy(at[8-expirySize:], signed[keyIDSize:headSize])
	if now.Unix() >= int64(binary.BigEndian.Uint64(at[:])) {
		return subject, ErrExpired
	}
	return subject, nil
}

func (s *Signer) genuine(purpose Purpose, signed, mac []byte) bool {
	for i := range s.all {
		k := &s.all[i]
		if !bytes.Equal(k.id[:], signed[:keyIDSize]) {
			continue
		}
		m := k.maker()
		defer k.macs.Put(m)
		m.b = append(m.b, signed...)
		m.sign(purpose, len(signed))
		return hmac.Equal(mac, m.b[len(signed):])
	}
	return false
}

// sign appends to m.b, which has n bytes, the MAC over them.
func (m *maker) sign(purpose Purpose, n int) {
	m.mac.Reset()
	m.b = append(m.b, byte(purpose)) // for a moment: what is written has to be on the heap
	m.mac.Write(m.b[n:])
	m.mac.Write(m.b[:n])
	m.b = m.mac.Sum(m.b[:n])[:n+macSize]
}

// derive gives each use of a secret its own key, so that what one reveals
// cannot be used in another.
func derive(secret []byte, use string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte("aftersales " + use))
	return h.Sum(nil)
}
