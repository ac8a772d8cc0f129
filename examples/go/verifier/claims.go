package verifier

import "math"

// Requirement is what a route asks for beside the second factor.
type Requirement struct {
	// MaxAge of the second factor in seconds. 0: no limit.
	MaxAge int `json:"maxAge"`
	// Factors that count, any of them, as the service names them in SECOND_FACTORS. None: all.
	Factors []string `json:"factors"`
	// Roles that the user must have, all of them.
	Roles []string `json:"roles"`
	// Permissions that the user's roles must grant, all of them.
	Permissions []string `json:"permissions"`
}

// names of factors in the claim st-mfa, where they differ.
var names = map[string]string{"sms": "otp-phone", "passkey": "webauthn", "email": "otp-email"}

// rolesMaxAge in seconds. A refresh renews roles that are older, and the service would ask the Core.
const rolesMaxAge = 300

type claimError struct {
	ID     string `json:"id"`
	Reason object `json:"reason"`
}

// secondFactor returns what is missing of it, or nil.
func (t *token) secondFactor(claimName string, want Requirement, nowMs int64) *claimError {
	claim, _ := t.payload[claimName].(map[string]any)
	if claim["v"] != true {
		return &claimError{claimName, object{"message": "wrong value", "expectedValue": true, "actualValue": claim["v"]}}
	}
	var acr []string
	for _, factor := range want.Factors {
		acr = append(acr, "urn:fastify-2fa:"+factor)
	}
	since, _ := claim["t"].(float64)
	if want.Factors != nil {
		since = t.lastPassed(want.Factors)
		if math.IsInf(since, -1) {
			return &claimError{claimName, object{"message": "wrong factor", "acrValues": acr}}
		}
	}
	// Negative where clocks differ: the Core has signed that it passed.
	age := int(math.Floor((float64(nowMs) - since) / 1000))
	if want.MaxAge == 0 || age <= want.MaxAge {
		return nil
	}
	reason := object{"message": "expired", "ageInSeconds": age, "maxAgeInSeconds": want.MaxAge}
	if acr != nil {
		reason["acrValues"] = acr
	}
	return &claimError{claimName, reason}
}

// lastPassed returns when the newest of these factors passed, in milliseconds.
func (t *token) lastPassed(factors []string) float64 {
	newest := math.Inf(-1)
	mfa, _ := t.payload["st-mfa"].(map[string]any)
	completed, _ := mfa["c"].(map[string]any)
	for _, factor := range factors {
		name, ok := names[factor]
		if !ok {
			name = factor
		}
		if seconds, ok := completed[name].(float64); ok {
			newest = math.Max(newest, seconds*1000)
		}
	}
	return newest
}

// missing returns which of the wanted roles (st-role) or permissions (st-perm) are not in the claim, and whether the
// claim has them but is too old.
func (t *token) missing(claimName string, wanted []string, nowMs int64) (lacking *claimError, old bool) {
	claim, _ := t.payload[claimName].(map[string]any)
	list, _ := claim["v"].([]any)
	held := map[any]bool{}
	for _, one := range list {
		if name, ok := one.(string); ok {
			held[name] = true
		}
	}
	for _, one := range wanted {
		if !held[one] {
			return &claimError{claimName, object{"message": "wrong value", "expectedToIncludeAllOf": wanted, "actualValue": claim["v"]}}, false
		}
	}
	at, ok := claim["t"].(float64)
	return nil, len(wanted) > 0 && (!ok || math.Abs(float64(nowMs)-at) > rolesMaxAge*1000)
}
