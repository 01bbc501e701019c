package sip

import (
	"errors"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// credentials is a parsed Authorization or Proxy-Authorization header.
type credentials struct {
	username, realm, nonce, uri, response string

	algorithm Algorithm
	qop       string
	cnonce    string
	nc        string // eight hex digits, as hashed
	count     uint32 // nc as a number
}

var (
	errNotDigest   = errors.New("sip: not digest")
	errCredentials = errors.New("sip: malformed credentials")
)

// maxAuthParams bounds the parameters of one header.
const maxAuthParams = 32

// parseCredentials parses the value of an Authorization header.
func parseCredentials(value string) (credentials, error) {
	params, err := authParams(value)
	if err != nil {
		return credentials{}, err
	}
	c := credentials{
		username: params["username"], realm: params["realm"], nonce: params["nonce"],
		uri: params["uri"], response: params["response"], cnonce: params["cnonce"],
		qop: strings.ToLower(params["qop"]), nc: params["nc"], algorithm: algorithmNamed(params["algorithm"]),
	}
	if c.username == "" || c.nonce == "" || c.uri == "" || c.response == "" || scrub(c.username) != c.username {
		return credentials{}, errCredentials
	}
	if c.qop != "" {
		n, err := strconv.ParseUint(c.nc, 16, 32)
		if err != nil || len(c.nc) != 8 || n == 0 || c.cnonce == "" {
			return credentials{}, errCredentials
		}
		c.count = uint32(n)
	}
	return c, nil
}

// algorithmNamed canonicalises an algorithm; none means MD5 (RFC 7616 §3.3),
// and one we do not have comes back as it is.
func algorithmNamed(name string) Algorithm {
	switch {
	case name == "", strings.EqualFold(name, string(MD5)):
		return MD5
	case strings.EqualFold(name, string(SHA256)):
		return SHA256
	}
	return Algorithm(name)
}

// authParams splits `Digest a=b, c="d"` into parameters with lower-case names.
// A repeated one is an error: which of the two another element believed cannot
// be known.
func authParams(value string) (map[string]string, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(value), " ")
	if !strings.EqualFold(scheme, "Digest") {
		return nil, errNotDigest
	}
	params := make(map[string]string, 12)
	for {
		rest = strings.TrimLeft(rest, " \t\r\n,")
		if rest == "" {
			return params, nil
		}
		name, tail, ok := strings.Cut(rest, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok || !token(name) || len(params) == maxAuthParams {
			return nil, errCredentials
		}
		if _, twice := params[name]; twice {
			return nil, errCredentials
		}
		text, tail, ok := authValue(strings.TrimLeft(tail, " \t\r\n"))
		if !ok {
			return nil, errCredentials
		}
		params[name], rest = text, tail
	}
}

// authValue takes one token or quoted-string off the front.
func authValue(s string) (value, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexByte(s, ',')
		if end < 0 {
			end = len(s)
		}
		value = strings.TrimSpace(s[:end])
		return value, s[end:], value != "" && !strings.ContainsAny(value, "\" \t")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			if i++; i < len(s) {
				b.WriteByte(s[i])
			}
		case '"':
			rest = strings.TrimLeft(s[i+1:], " \t\r\n")
			return b.String(), rest, rest == "" || rest[0] == ','
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", false
}

// covers reports whether the digest-uri stands for the Request-URI. They
// should be equal (RFC 3261 §22.4), but many agents leave parameters or the
// port out. Scheme, user and host have to agree, and every parameter that the
// digest-uri does name: the response must not be good for another number.
func covers(digest string, uri *sip.Uri) bool {
	if digest == uri.String() {
		return true
	}
	var d sip.Uri
	if sip.ParseUri(squeeze(digest), &d) != nil || d.Wildcard {
		return false
	}
	if !strings.EqualFold(d.Scheme, uri.Scheme) || d.Raw() != uri.Raw() || !strings.EqualFold(d.Host, uri.Host) {
		return false
	}
	if unescape(d.User) != unescape(uri.User) || d.Password != uri.Password {
		return false
	}
	if d.Port != 0 && d.Port != uri.Port {
		return false
	}
	for _, p := range d.UriParams {
		if v, ok := param(uri.UriParams, p.K); !ok || !strings.EqualFold(v, p.V) {
			return false
		}
	}
	return len(d.Headers) == 0
}
