package quality

import "strings"

// Codec is what the E-model knows of a codec and its concealment.
type Codec struct {
	// Name is the codec's in labels and configuration, in lower case.
	Name string
	// Wideband selects the model of G.107.1.
	Wideband bool
	// Ie is the impairment without loss (Ie, or Ie,WB).
	Ie float64
	// Bpl is the robustness against loss: at a loss of Bpl percent half of what
	// is left of the quality is gone.
	Bpl float64
}

// Codecs are those we know values of.
var Codecs = [...]Codec{
	// G.113 appendix I: G.711 with the concealment of its appendix I, and random
	// loss. Ours is of the same kind.
	{Name: "pcmu", Ie: 0, Bpl: 25.1},
	{Name: "pcma", Ie: 0, Bpl: 25.1},
	// G.113 appendix IV gives 13 for 64 kbit/s, and no robustness. Assumed is
	// that of the nearest codec it has one for, G.722.2 at 12.65 kbit/s.
	{Name: "g722", Wideband: true, Ie: 13, Bpl: 4.3},
	// There are no published values for Opus. Assumed is an impairment between
	// those of G.722.2 at its best and at 12.65 kbit/s (1 and 13), and more
	// robustness for the in-band redundancy.
	{Name: "opus", Wideband: true, Ie: 5, Bpl: 10},
}

// Of finds a codec by its encoding name in SDP, in any case. Unknown ones, and
// the empty name of no codec yet, count as G.711.
func Of(encoding string) Codec {
	for _, c := range Codecs {
		if strings.EqualFold(c.Name, encoding) {
			return c
		}
	}
	return Codecs[0]
}
