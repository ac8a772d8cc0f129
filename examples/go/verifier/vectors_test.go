package verifier

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

const folder = "../../vectors"

type vector struct {
	Name    string
	Clock   int64
	Service struct{ Claim, TransferMethod, AntiCsrf string }
	Request struct {
		Method  string
		Headers map[string]string
	}
	Requirement Requirement
	Core        string
	Expected    struct {
		Decision, User, Message, Code string
		Claim                         *claimError
	}
}

func read(t *testing.T, file string, into any) []byte {
	t.Helper()
	content, err := os.ReadFile(file)
	if err == nil && into != nil {
		err = json.Unmarshal(content, into)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func keySet(t *testing.T) *KeySet {
	t.Helper()
	jwks := read(t, filepath.Join(folder, "jwks.json"), nil)
	published := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(jwks) }))
	t.Cleanup(published.Close)
	return &KeySet{URL: published.URL}
}

// ask has the vector's request decided, and returns the answer.
func ask(keys *KeySet, v vector) (*httptest.ResponseRecorder, string) {
	verifier := &Verifier{
		Keys: keys, Claim: v.Service.Claim, TransferMethod: v.Service.TransferMethod, AntiCSRF: v.Service.AntiCsrf,
		Websites: []string{"https://shop.example"},
		Now:      func() time.Time { return time.UnixMilli(v.Clock) },
		Confirm: func(context.Context, *http.Request) (bool, http.Header, error) {
			return v.Core == "confirms", nil, nil
		},
	}
	request := httptest.NewRequest(v.Request.Method, "/", nil)
	for name, value := range v.Request.Headers {
		request.Header.Set(name, value)
	}
	user := ""
	recorder := httptest.NewRecorder()
	verifier.Require(v.Requirement, func(_ http.ResponseWriter, r *http.Request) { user = SessionOf(r).User }).ServeHTTP(recorder, request)
	return recorder, user
}

func TestVectors(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(folder, "*.json"))
	keys := keySet(t)
	count := 0
	for _, file := range files {
		var group struct{ Cases []vector }
		read(t, file, &group)
		for _, v := range group.Cases {
			count++
			t.Run(v.Name, func(t *testing.T) {
				answer, user := ask(keys, v)
				status := map[string]int{"admit": 200, "401": 401, "403": 403}[v.Expected.Decision]
				if answer.Code != status || user != v.Expected.User {
					t.Fatalf("%d for %q, expected %d for %q: %s", answer.Code, user, status, v.Expected.User, answer.Body)
				}
				var body struct {
					Message, Code string
					Errors        []claimError `json:"claimValidationErrors"`
				}
				_ = json.Unmarshal(answer.Body.Bytes(), &body)
				if v.Expected.Message != "" && body.Message != v.Expected.Message || body.Code != v.Expected.Code {
					t.Errorf("unexpected body: %s", answer.Body)
				}
				if v.Expected.Claim != nil && (len(body.Errors) != 1 || !contains(body.Errors[0], *v.Expected.Claim)) {
					t.Errorf("unexpected claims: %s", answer.Body)
				}
			})
		}
	}
	if count < 80 {
		t.Fatalf("only %d vectors", count)
	}
}

func contains(got, want claimError) bool {
	for name, value := range want.Reason {
		if !reflect.DeepEqual(got.Reason[name], value) {
			return false
		}
	}
	return got.ID == want.ID
}

func TestRolesThatTheServiceWouldFetchAgainAreRefreshed(t *testing.T) {
	var group struct{ Cases []vector }
	read(t, filepath.Join(folder, "claims.json"), &group)
	keys := keySet(t)
	for _, v := range group.Cases {
		if v.Name != "the role, five minutes ago" {
			continue
		}
		v.Clock += 1000
		answer, user := ask(keys, v)
		if answer.Code != 401 || user != "" || answer.Body.String() != "{\"message\":\"try refresh token\"}\n" {
			t.Errorf("%d %s", answer.Code, answer.Body)
		}
		return
	}
	t.Fatal("the vector has another name")
}

func TestKeysAreKeptWhileTheServiceIsDown(t *testing.T) {
	up := true
	jwks := read(t, filepath.Join(folder, "jwks.json"), nil)
	asked := 0
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		if !up {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write(jwks)
	}))
	defer service.Close()
	keys := &KeySet{URL: service.URL}
	if key, err := keys.key("d-1"); key == nil || err != nil {
		t.Fatal("the key is not found", err)
	}
	for i := 0; i < 100; i++ {
		if key, err := keys.key("d-unknown"); key != nil || err != nil {
			t.Fatal("an unknown key is found", err)
		}
	}
	if asked != 1 {
		t.Errorf("made-up key ids make it ask %d times", asked)
	}
	up = false
	keys.loadedAt, keys.askNext = time.Now().Add(-time.Hour), time.Time{}
	if key, err := keys.key("d-1"); key == nil || err != nil {
		t.Error("the key is forgotten while the service is down", err)
	}
	keys.loadedAt = time.Now().Add(-5 * time.Hour)
	if _, err := keys.key("d-1"); err == nil {
		t.Error("a key of five hours ago is trusted")
	}
}

func TestWithoutKeysNobodyIsToldToSignInAgain(t *testing.T) {
	var group struct{ Cases []vector }
	read(t, filepath.Join(folder, "place.json"), &group)
	answer, _ := ask(&KeySet{URL: "http://127.0.0.1:1"}, group.Cases[0])
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Retry-After") == "" {
		t.Errorf("%d", answer.Code)
	}
}
