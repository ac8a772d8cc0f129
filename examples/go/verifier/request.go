package verifier

import (
	"net/http"
	"net/url"
	"strings"
)

// place says where a token was found.
type place int

const (
	nowhere place = iota
	inHeader
	inCookie
	ambiguous
)

// cookie is a pair of the Cookie header, its name as it came.
type cookie struct{ name, value string }

// cookies are read by hand: net/http drops what it finds odd, and then a second cookie of the name would not be seen.
func cookies(r *http.Request) []cookie {
	var pairs []cookie
	for _, pair := range strings.Split(strings.Join(r.Header["Cookie"], "; "), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		pairs = append(pairs, cookie{name, value})
	}
	return pairs
}

func decodedName(name string) string {
	if decoded, err := url.PathUnescape(name); err == nil {
		return decoded
	}
	return name
}

// find looks for the access token where the service does: the header first, then the cookie.
func (v *Verifier) find(r *http.Request) (*token, place) {
	all := cookies(r)
	for _, c := range all {
		// Of very old SDKs: such a session has to be refreshed.
		if c.name == "sIdRefreshToken" {
			return nil, ambiguous
		}
	}
	if v.TransferMethod != "cookie" {
		if header := r.Header.Get("Authorization"); strings.HasPrefix(header, "Bearer ") {
			if t := parse(strings.TrimSpace(header[len("Bearer "):])); t != nil {
				return t, inHeader
			}
		}
	}
	if v.TransferMethod == "header" {
		return nil, nowhere
	}
	// A page on a sibling domain can plant a cookie of this name, also in percent-encoding (cookie tossing).
	count, value := 0, ""
	for _, c := range all {
		if decodedName(c.name) == "sAccessToken" {
			count++
		}
		if c.name == "sAccessToken" {
			value = c.value
		}
	}
	if count > 1 {
		return nil, ambiguous
	}
	if t := parse(value); t != nil {
		return t, inCookie
	}
	return nil, nowhere
}

// forged says whether another website may have sent the request with the user's cookies.
func (v *Verifier) forged(r *http.Request, t *token) bool {
	if r.Method == http.MethodGet {
		return false
	}
	switch v.AntiCSRF {
	case "NONE":
		return false
	case "VIA_TOKEN":
		expected, ok := t.payload["antiCsrfToken"].(string)
		return !ok || r.Header.Get("Anti-Csrf") != expected
	default:
		_, ok := r.Header["Rid"]
		return !ok
	}
}

// hijacked says whether another website opens a WebSocket with the user's cookies (RFC 6455, 10.2).
func (v *Verifier) hijacked(r *http.Request) bool {
	if !strings.Contains(strings.ToLower(r.Header.Get("Upgrade")), "websocket") {
		return false
	}
	for _, website := range v.Websites {
		if r.Header.Get("Origin") == website {
			return false
		}
	}
	return true
}
