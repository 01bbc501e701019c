package media

// SRTPPolicy is whether a leg's audio is encrypted.
type SRTPPolicy uint8

// The policies. The zero value is SRTPOff.
const (
	// SRTPOff: plain RTP; a peer that insists on encryption is refused.
	SRTPOff SRTPPolicy = iota
	// SRTPOptional: encrypted if the peer can (RFC 8643).
	SRTPOptional
	// SRTPRequired: a peer that cannot is refused.
	SRTPRequired
)

var srtpPolicies = []string{SRTPOff: "off", SRTPOptional: "optional", SRTPRequired: "required"}

// String is the policy's word in the configuration.
func (p SRTPPolicy) String() string { return srtpPolicies[p] }

// SRTPPolicyNamed is the policy of a word in the configuration. What is not
// known, "" among it, is off.
func SRTPPolicyNamed(word string) SRTPPolicy {
	for p, name := range srtpPolicies {
		if name == word {
			return SRTPPolicy(p)
		}
	}
	return SRTPOff
}
