package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
)

// Role is what a key may do. Each role may do all that the one below may.
type Role string

const (
	Viewer     Role = "viewer"     // reads
	Supervisor Role = "supervisor" // gives verbs and sets presences
	Operator   Role = "operator"   // ends conferences
)

// rank orders the roles; an unknown one may do nothing.
var rank = map[Role]int{Viewer: 1, Supervisor: 2, Operator: 3}

// APIKey lets a program or a person use the API. The key itself is known to
// its owner only.
type APIKey struct {
	Name   string // for logs
	SHA256 string // of the key, in hex
	Role   Role
}

// Check reports what is wrong with the key's hash or role.
func (k APIKey) Check() error {
	if _, err := k.hash(); err != nil {
		return err
	}
	if rank[k.Role] == 0 {
		return fmt.Errorf("role %q is not operator, supervisor or viewer", k.Role)
	}
	return nil
}

var errHash = errors.New("the hash of a key is 64 hex digits (SHA-256)")

func (k APIKey) hash() (sum [sha256.Size]byte, err error) {
	b, err := hex.DecodeString(k.SHA256)
	if err != nil || len(b) != len(sum) {
		return sum, errHash
	}
	return [sha256.Size]byte(b), nil
}

// key is an APIKey as it is compared.
type key struct {
	name string
	role Role
	sum  [sha256.Size]byte
}

// keyring is the set of keys in force; safe for concurrent use.
type keyring struct{ keys atomic.Pointer[[]key] }

// set replaces the keys, and returns by name why some were left out.
func (r *keyring) set(keys []APIKey) (left map[string]error) {
	left = make(map[string]error)
	var ring []key
	for _, k := range keys {
		if err := k.Check(); err != nil {
			left[k.Name] = err
			continue
		}
		sum, _ := k.hash()
		ring = append(ring, key{k.Name, k.Role, sum})
	}
	r.keys.Store(&ring)
	return left
}

// find returns the key with this secret. Its time depends on the number of
// keys only: all are compared, in constant time, by their hashes.
func (r *keyring) find(secret string) (found key, ok bool) {
	sum := sha256.Sum256([]byte(secret))
	for _, k := range *r.keys.Load() {
		if subtle.ConstantTimeCompare(k.sum[:], sum[:]) == 1 {
			found, ok = k, true
		}
	}
	return found, ok
}

// holds reports whether a key with this hash is in force.
func (r *keyring) holds(sum [sha256.Size]byte) bool {
	for _, k := range *r.keys.Load() {
		if k.sum == sum {
			return true
		}
	}
	return false
}

// bearer returns the secret of an Authorization header (RFC 6750 §2.1). Keys
// are taken from nowhere else: a key in a URL ends up in logs and histories.
func bearer(header string) (secret string, ok bool) {
	scheme, secret, ok := strings.Cut(header, " ")
	secret = strings.TrimSpace(secret)
	return secret, ok && strings.EqualFold(scheme, "Bearer") && secret != ""
}

// needs is the key of an operation's metadata that holds the role it needs.
const needs = "role"

// authorize is the middleware in front of every operation: 401 without a known
// key (RFC 6750 §3), 403 where the key's role does not reach.
func (s *Server) authorize(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		secret, ok := bearer(ctx.Header("Authorization"))
		if !ok {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="warmline"`)
			huma.WriteErr(api, ctx, http.StatusUnauthorized, "send an API key: Authorization: Bearer KEY")
			return
		}
		k, ok := s.keys.find(secret)
		if !ok {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="warmline", error="invalid_token"`)
			huma.WriteErr(api, ctx, http.StatusUnauthorized, "the API key is unknown")
			return
		}
		req := requestOf(ctx.Context())
		req.key, req.sum = k.name, k.sum
		role, _ := ctx.Operation().Metadata[needs].(Role)
		if rank[k.role] < rank[role] || rank[role] == 0 {
			ctx.SetHeader("WWW-Authenticate", `Bearer realm="warmline", error="insufficient_scope"`)
			huma.WriteErr(api, ctx, http.StatusForbidden, fmt.Sprintf("this takes a key with the role %s; the role of this one is %s", role, k.role))
			return
		}
		next(ctx)
	}
}
