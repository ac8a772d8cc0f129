package verifier

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"net/http"
	"sync"
	"time"
)

const (
	// Keys older than this are loaded again, so that a key that was taken away is not trusted much longer.
	refreshAfter = 5 * time.Minute
	// Keys older than this are not trusted, though the service does not answer.
	staleAfter = 4 * time.Hour
	// Tokens with made-up key ids must not flood the service.
	pause = time.Second
	// Requests wait for the keys meanwhile.
	pauseAfterFailure = 10 * time.Second
)

var errUnavailable = errors.New("the service has not said which keys it uses")

// KeySet keeps the keys that the service publishes.
type KeySet struct {
	// URL of the key set: <API_DOMAIN>/auth/jwt/jwks.json. Never take it from a token.
	URL string

	mutex             sync.Mutex
	keys              map[string]*rsa.PublicKey
	loadedAt, askNext time.Time
}

// key returns nil for an id that is not published.
func (s *KeySet) key(kid string) (*rsa.PublicKey, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	isFresh := time.Since(s.loadedAt) < refreshAfter
	if (!isFresh || s.keys[kid] == nil) && !time.Now().Before(s.askNext) {
		s.load()
	}
	if s.keys == nil || time.Since(s.loadedAt) > staleAfter {
		return nil, errUnavailable
	}
	return s.keys[kid], nil
}

func (s *KeySet) load() {
	s.askNext = time.Now().Add(pauseAfterFailure)
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get(s.URL)
	if err != nil {
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil || response.StatusCode != http.StatusOK {
		return
	}
	if keys, err := parseKeys(body); err == nil {
		s.keys, s.loadedAt, s.askNext = keys, time.Now(), time.Now().Add(pause)
	}
}

func parseKeys(body []byte) (map[string]*rsa.PublicKey, error) {
	var set struct {
		Keys []struct{ Kty, Kid, Alg, N, E string }
	}
	if err := json.Unmarshal(body, &set); err != nil {
		return nil, err
	}
	keys := map[string]*rsa.PublicKey{}
	for _, jwk := range set.Keys {
		n, errN := encoding.DecodeString(jwk.N)
		e, errE := encoding.DecodeString(jwk.E)
		if jwk.Kty != "RSA" || jwk.Alg != "RS256" || errN != nil || errE != nil || len(e) > 4 {
			continue
		}
		keys[jwk.Kid] = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	}
	if len(keys) == 0 {
		return nil, errUnavailable
	}
	return keys, nil
}
