package sip

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// caller returns who calls: P-Asserted-Identity when the source is trusted to
// assert it (RFC 3325 §9.2), else From. A caller who asked for privacy is
// anonymous to everyone behind us.
func caller(req *sip.Request, trusted bool) Party {
	if trusted {
		if private(req) {
			return Party{Name: "Anonymous", User: "anonymous", Host: "anonymous.invalid"}
		}
		if p, ok := asserted(req); ok {
			return p
		}
	}
	if from := req.From(); from != nil {
		return partyFrom(from.DisplayName, &from.Address)
	}
	return Party{}
}

// callee returns who is called by To.
func callee(req *sip.Request) Party {
	if to := req.To(); to != nil {
		return partyFrom(to.DisplayName, &to.Address)
	}
	return Party{}
}

// asserted reads P-Asserted-Identity: one sip or sips URI, one tel URI, or
// both, in one header or two (RFC 3325 §9.1). The SIP one says more.
func asserted(req *sip.Request) (p Party, ok bool) {
	for _, h := range req.GetHeaders("P-Asserted-Identity") {
		for _, v := range split(h.Value(), ',') {
			if v = squeeze(v); !addressShaped(v) {
				continue
			}
			var (
				uri    sip.Uri
				params sip.HeaderParams
			)
			name, err := sip.ParseAddressValue(v, &uri, &params)
			if err != nil {
				continue
			}
			switch uri.Scheme {
			case "sip", "sips":
				return partyFrom(name, &uri), true
			case "tel":
				if !ok {
					p, ok = partyFrom(name, &uri), true
				}
			}
		}
	}
	return p, ok
}

// private reports a request for privacy of the identity (RFC 3323 §4.2,
// RFC 3325 §9.3).
func private(req *sip.Request) bool {
	for _, h := range req.GetHeaders("Privacy") {
		for _, v := range strings.FieldsFunc(h.Value(), func(r rune) bool { return r == ';' || r == ',' || r == ' ' }) {
			switch strings.ToLower(v) {
			case "id", "user":
				return true
			}
		}
	}
	return false
}

// partyFrom reduces an address to what people see.
func partyFrom(name string, uri *sip.Uri) Party {
	p := Party{Name: displayName(name), User: number(uri.User), Host: clip(scrub(uri.Host), maxText)}
	if uri.Scheme == "tel" {
		p.User, p.Host = number(uri.Raw()), ""
	}
	return p
}

// displayName undoes the quoting of a display name and trims what scrubbing
// left at the ends.
func displayName(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return clip(strings.TrimSpace(scrub(b.String())), maxText)
}

// quotedName is the inside of the quoted-string that shows name.
func quotedName(name string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(clip(scrub(name), maxText))
}
