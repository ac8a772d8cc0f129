package verifier

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// forClient are the headers by which the service hands out a new token.
var forClient = []string{"Set-Cookie", "St-Access-Token", "Front-Token", "Anti-Csrf", "Access-Control-Expose-Headers"}

// ConfirmAt asks a route of the service, such as <API_DOMAIN>/sessioninfo, about the session of a request. GET needs no
// anti-CSRF. What the service says of claims does not matter here: 403 confirms the session too.
func ConfirmAt(url string) func(context.Context, *http.Request) (bool, http.Header, error) {
	client := http.Client{Timeout: 2 * time.Second}
	return func(ctx context.Context, r *http.Request) (bool, http.Header, error) {
		ask, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false, nil, err
		}
		for _, name := range []string{"Authorization", "Cookie"} {
			if values, ok := r.Header[name]; ok {
				ask.Header[name] = values
			}
		}
		answer, err := client.Do(ask)
		if err != nil {
			return false, nil, err
		}
		defer answer.Body.Close()
		headers := http.Header{}
		for _, name := range forClient {
			if values, ok := answer.Header[name]; ok {
				headers[name] = values
			}
		}
		switch answer.StatusCode {
		case http.StatusOK, http.StatusForbidden:
			return true, headers, nil
		case http.StatusUnauthorized:
			return false, nil, nil
		}
		return false, nil, fmt.Errorf("the service answered %d", answer.StatusCode)
	}
}
