package directory

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// HA1 returns the hex digest of user:realm:password (RFC 7616 §3.4.2) and the
// id of the agent that answers to user, its id or its extension. It is computed
// with user as given, because the phone computed it with that. A configured
// HA1 serves MD5 and the id only: nothing else can be derived from it. ok is
// false when there is no such agent or no secret that fits.
func (s *Store) HA1(user, realm string, sha256 bool) (ha1, id string, ok bool) {
	a, ok := s.AgentByUser(user)
	if !ok {
		return "", "", false
	}
	switch {
	case a.Password != "" && sha256:
		return hexSHA256(user + ":" + realm + ":" + a.Password), a.ID, true
	case a.Password != "":
		return hexMD5(user + ":" + realm + ":" + a.Password), a.ID, true
	case a.HA1 != "" && !sha256 && user == a.ID:
		return strings.ToLower(a.HA1), a.ID, true
	}
	return "", a.ID, false
}

// MD5 is what RFC 3261 phones compute; SHA-256 is offered beside it.
func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

func hexSHA256(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
