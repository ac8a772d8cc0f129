package verifier

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
)

// token is what looks like an access token of the service. Nothing of it is to be trusted before its signature.
type token struct {
	raw, signed     string
	header, payload object
	signature       []byte
}

// object holds JSON without a struct: Go matches the names of fields in any case, and "EXP" is not "exp".
type object map[string]any

var encoding = base64.RawURLEncoding.Strict()

func decode(part string) object {
	bytes, err := encoding.DecodeString(part)
	if err != nil {
		return nil
	}
	var decoded object
	if json.Unmarshal(bytes, &decoded) != nil {
		return nil
	}
	return decoded
}

func (o object) text(name string) bool   { _, ok := o[name].(string); return ok }
func (o object) number(name string) bool { _, ok := o[name].(float64); return ok }

// parse returns nil for anything that does not look like an access token: it counts as not being there.
func parse(raw string) *token {
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return nil
	}
	header, payload := decode(parts[0]), decode(parts[1])
	signature, err := encoding.DecodeString(parts[2])
	if err != nil {
		signature = nil
	}
	_, hasKid := header["kid"]
	if header["typ"] != "JWT" || header["version"] != "5" || !hasKid {
		return nil
	}
	// OAuth tokens of the same Core have another kind.
	if kind, ok := payload["stt"]; ok && kind != 0.0 {
		return nil
	}
	for _, name := range []string{"sub", "rsub", "tId", "sessionHandle", "refreshTokenHash1"} {
		if !payload.text(name) {
			return nil
		}
	}
	if !payload.number("exp") || !payload.number("iat") {
		return nil
	}
	return &token{raw, parts[0] + "." + parts[1], header, payload, signature}
}

// inTime allows no clock skew: the service does not either.
func (t *token) inTime(nowMs int64) bool {
	seconds := math.Floor(float64(nowMs) / 1000)
	if t.payload["exp"].(float64) <= seconds {
		return false
	}
	if notBefore, ok := t.payload["nbf"]; ok {
		start, isNumber := notBefore.(float64)
		return isNumber && start <= seconds
	}
	return true
}

// unconfirmed says whether it is the first token after a refresh, which only the Core can confirm.
func (t *token) unconfirmed() bool { return t.payload["parentRefreshTokenHash1"] != nil }
