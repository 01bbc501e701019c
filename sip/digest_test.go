package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// users is a Credentials of passwords; the names with md5Only have no SHA-256
// secret, as when a directory was imported from a list of MD5 hashes.
type users map[string]struct {
	id, password string
	md5Only      bool
}

func (u users) HA1(user, realm string, alg Algorithm) (ha1, id string, ok bool) {
	e, ok := u[user]
	if !ok || e.md5Only && alg != MD5 {
		return "", "", false
	}
	return hashHex(alg, user+":"+realm+":"+e.password), e.id, true
}

var testUsers = users{
	"alice": {id: "alice", password: "wonderland"},
	"201":   {id: "alice", password: "wonderland"},
	"old":   {id: "old", password: "secret", md5Only: true},
	`q"\q`:  {id: "quoted", password: "x"},
}

var (
	digestSrc = netip.MustParseAddr("192.0.2.9")
	digestNow = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

func testAuth() *authenticator {
	return newAuthenticator(testUsers, "example.com", []byte("secret"))
}

// TestDigestVectors are the examples of RFC 7616 §3.9.1 and RFC 2617 §3.5.
func TestDigestVectors(t *testing.T) {
	for _, tt := range []struct {
		alg                               Algorithm
		user, password, realm, uri, nonce string
		cnonce, nc, qop, want             string
	}{
		{
			MD5, "Mufasa", "Circle of Life", "http-auth@example.org", "/dir/index.html",
			"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"00000001", "auth", "8ca523f5e9506fed4657c9700eebdbec",
		}, {
			SHA256, "Mufasa", "Circle of Life", "http-auth@example.org", "/dir/index.html",
			"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"00000001", "auth", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
		}, {
			MD5, "Mufasa", "Circle Of Life", "testrealm@host.com", "/dir/index.html",
			"dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b", "00000001", "auth", "6629fae49393a05397450978507c4ef1",
		}, {
			MD5, "Mufasa", "Circle Of Life", "testrealm@host.com", "/dir/index.html",
			"dcd98b7102dd2f0e8b11d0f600bfb0c093", "", "", "", "670fd8c2df070c60b045671b8b24ff02",
		},
	} {
		c := credentials{nonce: tt.nonce, uri: tt.uri, cnonce: tt.cnonce, nc: tt.nc, qop: tt.qop}
		ha1 := hashHex(tt.alg, tt.user+":"+tt.realm+":"+tt.password)
		if got := digestResponse(tt.alg, ha1, "GET", c); got != tt.want {
			t.Errorf("%s %q: %s, want %s", tt.alg, tt.qop, got, tt.want)
		}
	}
}

// answerTo makes an Authorization value; change may spoil it.
type answerTo struct {
	user, password, realm, nonce, uri, method string
	alg                                       Algorithm
	nc                                        uint32
	cnonce                                    string
}

func (a answerTo) String() string {
	c := credentials{nonce: a.nonce, uri: a.uri, cnonce: a.cnonce, nc: fmt.Sprintf("%08x", a.nc), qop: "auth"}
	ha1 := hashHex(a.alg, a.user+":"+a.realm+":"+a.password)
	return fmt.Sprintf(`Digest username=%s, realm="%s", nonce="%s", uri="%s", response="%s", algorithm=%s, qop=auth, cnonce="%s", nc=%s`,
		quote(a.user), a.realm, a.nonce, a.uri, digestResponse(a.alg, ha1, a.method, c), a.alg, c.cnonce, c.nc)
}

// good is a right answer by alice.
func good(nonce string) answerTo {
	return answerTo{user: "alice", password: "wonderland", realm: "example.com", nonce: nonce,
		uri: "sip:example.com", method: "REGISTER", alg: SHA256, nc: 1, cnonce: "abc"}
}

var registerSeq int

// register is a REGISTER with an Authorization, of a transaction of its own.
func registerWith(t testing.TB, headers ...string) *sip.Request {
	registerSeq++
	lines := []string{"REGISTER sip:example.com SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK%d", registerSeq),
		fmt.Sprintf("CSeq: %d REGISTER", registerSeq)}
	return parseRequest(t, append(lines, headers...)...)
}

// nonceOf takes the nonce out of a challenge.
func nonceOf(t testing.TB, r *refusal) string {
	t.Helper()
	if r == nil || len(r.headers) != 2 {
		t.Fatalf("no two challenges: %+v", r)
	}
	p, err := authParams(r.headers[0].Value)
	if err != nil || p["nonce"] == "" {
		t.Fatalf("%v in %q", err, r.headers[0].Value)
	}
	return p["nonce"]
}

func (a *authenticator) try(t testing.TB, auth string, now time.Time) (string, *refusal) {
	t.Helper()
	return a.check(registerWith(t, "Authorization: "+auth), digestSrc, false, now)
}

func wantRefusal(t *testing.T, what string, r *refusal, status int, stale bool) {
	t.Helper()
	switch {
	case r == nil:
		t.Errorf("%s: let in", what)
	case r.status != status:
		t.Errorf("%s: %d, want %d", what, r.status, status)
	case status == 401 && strings.Contains(r.headers[0].Value, "stale=true") != stale:
		t.Errorf("%s: %q, want stale %v", what, r.headers[0].Value, stale)
	}
}

func TestChallenge(t *testing.T) {
	a := testAuth()
	_, r := a.check(registerWith(t), digestSrc, false, digestNow)
	if r == nil || r.status != 401 || len(r.headers) != 2 {
		t.Fatalf("%+v", r)
	}
	for i, alg := range []string{"algorithm=SHA-256,", "algorithm=MD5,"} {
		h := r.headers[i]
		if h.Name != "WWW-Authenticate" || !strings.Contains(h.Value, alg) || !strings.Contains(h.Value, `qop="auth"`) ||
			!strings.Contains(h.Value, `realm="example.com"`) || strings.Contains(h.Value, "stale") {
			t.Errorf("challenge %d: %+v", i, h)
		}
	}
	_, r = a.check(registerWith(t), digestSrc, true, digestNow)
	if r.status != 407 || r.headers[0].Name != "Proxy-Authenticate" {
		t.Errorf("proxy: %+v", r)
	}
	if q := quote(`a"b\c`); q != `"a\"b\\c"` {
		t.Errorf("quote: %s", q)
	}
}

func TestCheckAccepts(t *testing.T) {
	for name, change := range map[string]func(*answerTo){
		"sha-256":              func(*answerTo) {},
		"md5":                  func(a *answerTo) { a.alg = MD5 },
		"extension":            func(a *answerTo) { a.user = "201" },
		"uri with port":        func(a *answerTo) { a.uri = "sip:example.com" },
		"uri in another case":  func(a *answerTo) { a.uri = "SIP:Example.com" },
		"first count not one":  func(a *answerTo) { a.nc = 77 },
		"last moment of nonce": func(*answerTo) {},
	} {
		t.Run(name, func(t *testing.T) {
			a := testAuth()
			_, r := a.check(registerWith(t), digestSrc, false, digestNow)
			answer := good(nonceOf(t, r))
			change(&answer)
			user, r := a.try(t, answer.String(), digestNow.Add(nonceLifetime-time.Millisecond))
			if r != nil || user != "alice" {
				t.Errorf("%q %+v", user, r)
			}
		})
	}
}

func TestCheckMD5OnlyUser(t *testing.T) {
	a := testAuth()
	answer := good(a.nonces.make(digestSrc, digestNow))
	answer.user, answer.password = "old", "secret"
	_, r := a.try(t, answer.String(), digestNow)
	if wantRefusal(t, "SHA-256 without a secret for it", r, 401, false); len(r.headers) != 1 {
		t.Errorf("offered %+v", r.headers)
	}
	answer.alg = MD5
	if user, r := a.try(t, answer.String(), digestNow); r != nil || user != "old" {
		t.Errorf("MD5: %q %+v", user, r)
	}
}

// TestOffer: who has only an MD5 secret is offered MD5 alone, or a phone that
// can do better would never get in; an unknown user looks like a known one.
func TestOffer(t *testing.T) {
	offered := func(a *authenticator, user string) string {
		r := a.challenge(registerWith(t, "From: <sip:"+user+"@h>;tag=1"), digestSrc, false, false, digestNow)
		var algs []string
		for _, h := range r.headers {
			p, err := authParams(h.Value)
			if err != nil {
				t.Fatal(err)
			}
			algs = append(algs, p["algorithm"])
		}
		return strings.Join(algs, " ")
	}
	const both, weak = "SHA-256 MD5", "MD5"
	a := testAuth()
	for _, step := range []struct{ user, want string }{
		{"nobody", both}, {"alice", both}, {"nobody", both}, {"old", weak}, {"%6Fld", weak}, {"201", both},
	} {
		if got := offered(a, step.user); got != step.want {
			t.Errorf("%s is offered %s, want %s", step.user, got, step.want)
		}
	}
	seen := make(map[string]int)
	for i := range 200 {
		user := fmt.Sprint("nobody", i)
		got := offered(a, user)
		if again := offered(a, user); again != got {
			t.Errorf("%s is offered %s, then %s", user, got, again)
		}
		seen[got]++
	}
	if seen[both] < 50 || seen[weak] < 50 {
		t.Errorf("unknown users among both kinds: %v", seen)
	}
	a = testAuth()
	offered(a, "old")
	if got := offered(a, "nobody"); got != weak {
		t.Errorf("where all are MD5, an unknown user is offered %s", got)
	}
	// The name in the credentials counts, not that of From.
	answer := good("x")
	answer.user = "old"
	r := a.challenge(registerWith(t, "Authorization: "+answer.String()), digestSrc, false, false, digestNow)
	if len(r.headers) != 1 {
		t.Errorf("by credentials: %+v", r.headers)
	}
}

func TestCheckQuotedName(t *testing.T) {
	a := testAuth()
	answer := good(a.nonces.make(digestSrc, digestNow))
	answer.user, answer.password = `q"\q`, "x"
	if user, r := a.try(t, answer.String(), digestNow); r != nil || user != "quoted" {
		t.Errorf("%q %+v", user, r)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*answerTo)
		status int
		stale  bool
	}{
		"wrong password":    {func(a *answerTo) { a.password = "no" }, 401, false},
		"unknown user":      {func(a *answerTo) { a.user = "nobody" }, 401, false},
		"another realm":     {func(a *answerTo) { a.realm = "other" }, 401, false},
		"another method":    {func(a *answerTo) { a.method = "INVITE" }, 401, false},
		"another uri":       {func(a *answerTo) { a.uri = "sip:evil.example" }, 401, false},
		"another user uri":  {func(a *answerTo) { a.uri = "sip:bob@example.com" }, 401, false},
		"uri with headers":  {func(a *answerTo) { a.uri = "sip:example.com?a=b" }, 401, false},
		"uri is garbage":    {func(a *answerTo) { a.uri = "x" }, 401, false},
		"nonce of nobody":   {func(a *answerTo) { a.nonce = "abc" }, 401, false},
		"nonce tampered":    {func(a *answerTo) { a.nonce = "B" + a.nonce[1:] }, 401, false},
		"nonce with dirt":   {func(a *answerTo) { a.nonce = a.nonce[:42] + "=" }, 401, false},
		"count zero":        {func(a *answerTo) { a.nc = 0 }, 400, false},
		"no cnonce":         {func(a *answerTo) { a.cnonce = "" }, 400, false},
		"control character": {func(a *answerTo) { a.user = "al\x01ice" }, 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			a := testAuth()
			answer := good(a.nonces.make(digestSrc, digestNow))
			tt.change(&answer)
			_, r := a.try(t, answer.String(), digestNow)
			wantRefusal(t, name, r, tt.status, tt.stale)
		})
	}
}

func TestCheckOtherSchemes(t *testing.T) {
	a := testAuth()
	nonce := a.nonces.make(digestSrc, digestNow)
	for what, auth := range map[string]string{
		"basic":   "Basic YWxpY2U6d29uZGVybGFuZA==",
		"unknown": "NoOneKnowsThisScheme opaque-data=here",
		"no qop":  strings.Replace(good(nonce).String(), "qop=auth, ", "", 1),
		"sha-512": strings.Replace(good(nonce).String(), "SHA-256", "SHA-512", 1),
	} {
		_, r := a.try(t, auth, digestNow)
		wantRefusal(t, what, r, 401, false)
	}
	// The right one among others is found, for a proxy as for a server.
	auth := []string{"Authorization: Basic x", "Authorization: Digest username", "Authorization: " + good(nonce).String()}
	if user, r := a.check(registerWith(t, auth...), digestSrc, false, digestNow); user != "alice" {
		t.Errorf("among others: %+v", r)
	}
	answer := good(nonce)
	answer.nc = 2
	if user, r := a.check(registerWith(t, "Proxy-Authorization: "+answer.String()), digestSrc, true, digestNow); user != "alice" {
		t.Errorf("proxy: %+v", r)
	}
}

// TestNonceLifetime: a right password with an old nonce is stale, a wrong one
// is not told so.
func TestNonceLifetime(t *testing.T) {
	a := testAuth()
	answer := good(a.nonces.make(digestSrc, digestNow))
	late := digestNow.Add(nonceLifetime)
	_, r := a.try(t, answer.String(), late)
	wantRefusal(t, "old nonce", r, 401, true)
	answer.nonce, answer.nc = nonceOf(t, r), 1
	if user, r := a.try(t, answer.String(), late); user != "alice" {
		t.Errorf("the new nonce: %+v", r)
	}
	answer = good(a.nonces.make(digestSrc, digestNow))
	answer.password = "no"
	_, r = a.try(t, answer.String(), late)
	wantRefusal(t, "old nonce, wrong password", r, 401, false)
	early := good(a.nonces.make(digestSrc, digestNow.Add(time.Minute)))
	_, r = a.try(t, early.String(), digestNow)
	wantRefusal(t, "nonce of the future", r, 401, true)
}

func TestNonceIsForOneAddress(t *testing.T) {
	a := testAuth()
	answer := good(a.nonces.make(netip.MustParseAddr("192.0.2.10"), digestNow))
	_, r := a.try(t, answer.String(), digestNow)
	wantRefusal(t, "nonce of a neighbour", r, 401, false)
	mapped := good(a.nonces.make(netip.MustParseAddr("::ffff:192.0.2.9"), digestNow))
	if user, r := a.try(t, mapped.String(), digestNow); user != "alice" {
		t.Errorf("the same address in IPv6 clothes: %+v", r)
	}
	other := newAuthenticator(testUsers, "example.com", []byte("another secret"))
	_, r = other.try(t, mapped.String(), digestNow)
	wantRefusal(t, "nonce of another secret", r, 401, false)
	shared := testAuth()
	mapped.nc = 2
	if user, r := shared.try(t, mapped.String(), digestNow); user != "alice" {
		t.Errorf("nonce of a node with the same secret: %+v", r)
	}
}

// TestNonceCount: each count once, in any order within the window.
func TestNonceCount(t *testing.T) {
	a := testAuth()
	answer := good(a.nonces.make(digestSrc, digestNow))
	for _, step := range []struct {
		nc    uint32
		stale bool
	}{
		{1, false}, {1, true}, {3, false}, {2, false}, {2, true}, {3, true},
		{100, false}, {100 - countWindow + 1, false}, {100 - countWindow, true}, {36, true}, {99, false},
		{100000, false}, {100, true}, {99999, false}, {0xffffffff, false}, {0xffffffff, true}, {0xfffffffe, false},
	} {
		answer.nc = step.nc
		user, r := a.try(t, answer.String(), digestNow)
		if step.stale {
			wantRefusal(t, fmt.Sprint("count ", step.nc), r, 401, true)
		} else if user != "alice" {
			t.Errorf("count %d: %+v", step.nc, r)
		}
	}
}

// TestRetransmissionIsNoReplay: the same request again is let in, the same
// credentials on another request are not.
func TestRetransmissionIsNoReplay(t *testing.T) {
	a := testAuth()
	auth := "Authorization: " + good(a.nonces.make(digestSrc, digestNow)).String()
	req := registerWith(t, auth)
	for i := range 4 {
		if user, r := a.check(req, digestSrc, false, digestNow); user != "alice" {
			t.Errorf("copy %d: %+v", i, r)
		}
	}
	_, r := a.check(registerWith(t, auth), digestSrc, false, digestNow)
	wantRefusal(t, "stolen header", r, 401, true)
}

func TestLockout(t *testing.T) {
	a := testAuth()
	now := digestNow
	wrong := func(user string, src netip.Addr) *refusal {
		answer := good(a.nonces.make(src, now))
		answer.user, answer.password = user, "no"
		_, r := a.check(registerWith(t, "Authorization: "+answer.String()), src, false, now)
		return r
	}
	right := func(src netip.Addr) *refusal {
		_, r := a.check(registerWith(t, "Authorization: "+good(a.nonces.make(src, now)).String()), src, false, now)
		return r
	}
	for i := range maxFailures {
		wantRefusal(t, fmt.Sprint("guess ", i), wrong("alice", digestSrc), 401, false)
	}
	wantRefusal(t, "guess too many", wrong("alice", digestSrc), 403, false)
	wantRefusal(t, "right password, locked out", right(digestSrc), 403, false)
	if r := right(netip.MustParseAddr("192.0.2.77")); r != nil {
		t.Errorf("locked out from her own address: %+v", r)
	}
	now = now.Add(lockout)
	if r := right(digestSrc); r != nil {
		t.Errorf("after the lock-out: %+v", r)
	}
	// A success starts the count anew.
	for range maxFailures - 1 {
		wrong("alice", digestSrc)
	}
	if r := right(digestSrc); r != nil {
		t.Errorf("before the limit: %+v", r)
	}
	wantRefusal(t, "count begun anew", wrong("alice", digestSrc), 401, false)
	// Unknown users are locked out alike: the answer tells nothing.
	for range maxFailures {
		wrong("nobody", digestSrc)
	}
	wantRefusal(t, "unknown user", wrong("nobody", digestSrc), 403, false)
}

// TestLockoutOfAddress: one that tries many names is refused for all of them.
func TestLockoutOfAddress(t *testing.T) {
	a := testAuth()
	var r *refusal
	for i := range maxAddrFailures + 1 {
		answer := good(a.nonces.make(digestSrc, digestNow))
		answer.user = fmt.Sprint("user", i)
		_, r = a.try(t, answer.String(), digestNow)
	}
	wantRefusal(t, "many names", r, 403, false)
	later := digestNow.Add(lockout)
	if user, r := a.try(t, good(a.nonces.make(digestSrc, later)).String(), later); user != "alice" {
		t.Errorf("after the lock-out: %+v", r)
	}
}

// TestTablesAreBounded: neither guesses from everywhere nor a user who never
// tires make a table grow without end.
func TestTablesAreBounded(t *testing.T) {
	a := testAuth()
	for i := range 100_000 {
		src := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		a.failed(fmt.Sprint(strings.Repeat("x", 500), i), src, digestNow)
	}
	if n := len(a.failures); n > failureEntries+1 {
		t.Errorf("%d failures kept", n)
	}
	for k := range a.failures {
		if len(k.name) > maxNameKey {
			t.Fatalf("a key of %d bytes", len(k.name))
		}
	}
	req := registerWith(t)
	for i := range maxNonces + 1000 {
		a.use(nonceID{byte(i >> 16), byte(i >> 8), byte(i)}, credentials{count: 1}, req, digestNow)
	}
	if n := len(a.counts); n > maxNonces {
		t.Errorf("%d nonces kept", n)
	}
	later := digestNow.Add(2 * nonceLifetime)
	if !a.use(nonceID{0xff}, credentials{count: 1}, req, later) || len(a.counts) != 1 {
		t.Errorf("%d nonces kept after their life", len(a.counts))
	}
}

// TestFailureTableKeepsLockouts: making room goes for what ends soonest.
func TestFailureTableKeepsLockouts(t *testing.T) {
	a := testAuth()
	for range maxFailures {
		a.failed("victim", digestSrc, digestNow.Add(time.Minute))
	}
	for i := range 5 * failureEntries {
		src := netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
		a.failed("x", src, digestNow)
	}
	if !a.locked("victim", digestSrc, digestNow.Add(time.Minute)) {
		t.Error("a flood of failures lifted a lock-out")
	}
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		digest, request string
		want            bool
	}{
		{"sip:bob@example.com", "sip:bob@example.com", true},
		{"sip:bob@example.com", "sip:bob@example.com;transport=tcp", true},
		{"sip:bob@example.com;transport=TCP", "sip:bob@example.com;transport=tcp", true},
		{"sip:bob@example.com;transport=udp", "sip:bob@example.com;transport=tcp", false},
		{"sip:bob@example.com;x", "sip:bob@example.com", false},
		{"sip:bob@example.com", "sip:bob@example.com:5070", true},
		{"sip:bob@example.com:5070", "sip:bob@example.com", false},
		{"sip:b%6Fb@example.com", "sip:bob@example.com", true},
		{"sip:Bob@example.com", "sip:bob@example.com", false},
		{"sips:bob@example.com", "sip:bob@example.com", false},
		{"sip:bob:pw@example.com", "sip:bob@example.com", false},
		{"sip:example.com", "sip:bob@example.com", false},
		{"sip:900@example.com", "sip:0044900@example.com", false},
		{"tel:+49", "tel:+49", true},
		{"tel:+49", "tel:+48", false},
		{"*", "sip:bob@example.com", false},
		{"", "sip:bob@example.com", false},
	} {
		var uri sip.Uri
		if err := sip.ParseUri(tt.request, &uri); err != nil {
			t.Fatal(err)
		}
		if got := covers(tt.digest, &uri); got != tt.want {
			t.Errorf("covers(%q, %q) = %v", tt.digest, tt.request, got)
		}
	}
}

func TestAuthParams(t *testing.T) {
	p, err := authParams(`digest a=1,b="x, \"y\\" , C = z,, d="",e=` + "\t" + `"q"`)
	if err != nil || p["a"] != "1" || p["b"] != `x, "y\` || p["c"] != "z" || p["d"] != "" || p["e"] != "q" || len(p) != 5 {
		t.Errorf("%q %v", p, err)
	}
	for _, bad := range []string{
		"Digest a", "Digest =x", "Digest a=", `Digest a="x`, `Digest a="x"y`, "Digest a=1,A=2", "Digest a=b c",
		`Digest a="x\`, "Digest a b=c", "Digest " + strings.Repeat("a=1,", 2),
	} {
		if p, err := authParams(bad); err == nil {
			t.Errorf("%q gives %q", bad, p)
		}
	}
	many := "Digest "
	for i := range maxAuthParams + 1 {
		many += fmt.Sprintf("p%d=1,", i)
	}
	if _, err := authParams(many); err == nil {
		t.Error("no bound on parameters")
	}
	if _, err := authParams("Basic x"); err != errNotDigest {
		t.Errorf("Basic: %v", err)
	}
}

func BenchmarkCheck(b *testing.B) {
	a := testAuth()
	req := registerWith(b, "Authorization: "+good(a.nonces.make(digestSrc, digestNow)).String())
	b.ReportAllocs()
	for b.Loop() {
		if user, _ := a.check(req, digestSrc, false, digestNow); user != "alice" {
			b.Fatal("refused")
		}
	}
}
