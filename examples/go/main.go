// A service behind the same sign-in: go run . with AUTH_SERVICE, the origin of fastify-2fa.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"example.com/orders/verifier"
)

func setting(name, other string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return other
}

func answer(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

func main() {
	auth := setting("AUTH_SERVICE", "http://localhost:3000")
	v := &verifier.Verifier{
		Keys:           &verifier.KeySet{URL: auth + "/auth/jwt/jwks.json"},
		Claim:          setting("CLAIM", "2fa-completed"),
		TransferMethod: setting("TOKEN_TRANSFER_METHOD", "any"),
		AntiCSRF:       setting("ANTI_CSRF", "VIA_CUSTOM_HEADER"),
		Websites:       []string{setting("WEBSITE_DOMAIN", "http://localhost:3001")},
		Confirm:        verifier.ConfirmAt(auth + "/sessioninfo"),
	}

	routes := http.NewServeMux()
	routes.Handle("/orders", v.Require(verifier.Requirement{}, func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]string{"user": verifier.SessionOf(r).User})
	}))
	routes.Handle("/payout", v.Require(verifier.Requirement{MaxAge: 300}, func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]bool{"paid": true})
	}))
	routes.Handle("/admin", v.Require(verifier.Requirement{Roles: []string{"admin"}}, func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]bool{"admin": true})
	}))

	listener, err := net.Listen("tcp", setting("LISTEN", "127.0.0.1:8080"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", listener.Addr())
	server := http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
