// Package verifier decides about requests as the service does: see docs/other-languages.md.
package verifier

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Verifier knows how the service is configured.
type Verifier struct {
	Keys *KeySet
	// Claim is 2fa-completed, or phone-verified where FIRST_FACTOR is phone-password.
	Claim string
	// TransferMethod is any, cookie or header (TOKEN_TRANSFER_METHOD).
	TransferMethod string
	// AntiCSRF is NONE, VIA_CUSTOM_HEADER or VIA_TOKEN (ANTI_CSRF).
	AntiCSRF string
	// Websites whose pages may open WebSockets with cookies (WEBSITE_DOMAIN).
	Websites []string
	// Confirm asks the service about the first token after a refresh. It returns headers for the answer, such as a new
	// token. Without it, such tokens are refused.
	Confirm func(ctx context.Context, r *http.Request) (confirmed bool, headers http.Header, err error)
	// Now is the clock. Default: time.Now.
	Now func() time.Time
}

// Session of a request that was admitted.
type Session struct {
	User, Handle, Tenant string
	Payload              map[string]any
}

type contextKey struct{}

// refusal is an answer that SuperTokens' frontends understand.
type refusal struct {
	status    int
	body      any
	challenge string
}

type message struct {
	Message string       `json:"message"`
	Errors  []claimError `json:"claimValidationErrors,omitempty"`
}

var (
	unauthorised  = &refusal{status: 401, body: message{Message: "unauthorised"}}
	tryRefresh    = &refusal{status: 401, body: message{Message: "try refresh token"}}
	originRefused = &refusal{status: 403, body: object{"code": "AUTH_ORIGIN_REFUSED", "message": "This page may not open a WebSocket."}}
	askAgainLater = &refusal{status: 503, body: message{Message: "try again later"}}
)

// decide returns the session, or why there is none. Headers go with the answer in either case.
func (v *Verifier) decide(r *http.Request, want Requirement) (*Session, http.Header, *refusal) {
	t, where := v.find(r)
	if where == ambiguous {
		return nil, nil, tryRefresh
	}
	if where == nowhere {
		return nil, nil, unauthorised
	}
	now := v.now().UnixMilli()
	signed, err := v.signed(t)
	if err != nil {
		return nil, nil, askAgainLater
	}
	if !signed || !t.inTime(now) || (where == inCookie && v.forged(r, t)) {
		return nil, nil, tryRefresh
	}
	var headers http.Header
	if t.unconfirmed() {
		if v.Confirm == nil {
			return nil, nil, unauthorised
		}
		confirmed, fromService, err := v.Confirm(r.Context(), r)
		if err != nil {
			return nil, nil, askAgainLater
		}
		if !confirmed {
			return nil, nil, unauthorised
		}
		headers = fromService
	}
	if refused := v.claims(t, want, now); refused != nil {
		return nil, headers, refused
	}
	if where == inCookie && v.hijacked(r) {
		return nil, headers, originRefused
	}
	return &Session{t.payload["sub"].(string), t.payload["sessionHandle"].(string), t.payload["tId"].(string), t.payload}, headers, nil
}

func (v *Verifier) now() time.Time {
	if v.Now == nil {
		return time.Now()
	}
	return v.Now()
}

// signed checks the signature. The token chooses neither the algorithm nor the address of the key.
func (v *Verifier) signed(t *token) (bool, error) {
	kid, _ := t.header["kid"].(string)
	_, critical := t.header["crit"]
	// Other JWTs of the same Core have keys that begin with s-.
	if t.header["alg"] != "RS256" || critical || !strings.HasPrefix(kid, "d-") {
		return false, nil
	}
	key, err := v.Keys.key(kid)
	if key == nil {
		return false, err
	}
	digest := sha256.Sum256([]byte(t.signed))
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], t.signature) == nil, nil
}

func (v *Verifier) claims(t *token, want Requirement, now int64) *refusal {
	if missing := t.secondFactor(v.Claim, want, now); missing != nil {
		return &refusal{403, message{"invalid claim", []claimError{*missing}}, challenge(missing)}
	}
	lacksRole, oldRoles := t.missing("st-role", want.Roles, now)
	lacksPermission, oldPermissions := t.missing("st-perm", want.Permissions, now)
	for _, missing := range []*claimError{lacksRole, lacksPermission} {
		if missing != nil {
			return &refusal{status: 403, body: message{"invalid claim", []claimError{*missing}}}
		}
	}
	if oldRoles || oldPermissions {
		return tryRefresh
	}
	return nil
}

// challenge is that of RFC 9470. The status stays 403: at 401, frontends would refresh again and again.
func challenge(missing *claimError) string {
	text := `Bearer error="insufficient_user_authentication", error_description="A second factor is needed"`
	if acr, ok := missing.Reason["acrValues"].([]string); ok {
		text += fmt.Sprintf(`, acr_values="%s"`, strings.Join(acr, " "))
	}
	if maxAge, ok := missing.Reason["maxAgeInSeconds"].(int); ok {
		text += fmt.Sprintf(`, max_age="%d"`, maxAge)
	}
	return text
}

func (f *refusal) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if f.challenge != "" {
		w.Header().Set("WWW-Authenticate", f.challenge)
	}
	if f.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "2")
	}
	w.WriteHeader(f.status)
	_ = json.NewEncoder(w).Encode(f.body)
}

// Require admits only sessions that meet the requirement.
func (v *Verifier) Require(want Requirement, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, headers, refused := v.decide(r, want)
		for name, values := range headers {
			w.Header()[name] = values
		}
		if refused != nil {
			refused.write(w)
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, session)))
	})
}

// SessionOf returns the session of a request that Require has admitted.
func SessionOf(r *http.Request) *Session { return r.Context().Value(contextKey{}).(*Session) }
