package media

// numbers are our payload types by kind: those we offer, and receive with.
type numbers [kinds]uint8

// defaultNumbers are the static ones, and for the others what most of the world
// uses.
var defaultNumbers = numbers{
	kindPCMU: pcmu.payloadType, kindPCMA: pcma.payloadType, kindG722: codecG722.payloadType,
	kindOpus: codecOpus.payloadType, kindEvent: 101, kindEventWide: 110,
}

// after is the numbering once the peer has offered formats: what it gave a
// number keeps that, and what it did not makes way (RFC 3264 §8.3.2: a number
// means one format for the whole session).
func (n numbers) after(offered []format) numbers {
	var taken [128]bool
	var given [kinds]bool
	for _, f := range offered {
		taken[f.payloadType] = true
		if !given[f.kind] && f.kind != kindUnknown {
			given[f.kind], n[f.kind] = true, f.payloadType
		}
	}
	for k := kindPCMU; k <= kindEventWide; k++ {
		if given[k] {
			continue
		}
		if taken[n[k]] {
			n[k] = n.free(&taken, n[k])
		}
		taken[n[k]] = true
	}
	return n
}

// free is a dynamic payload type nobody uses; instead if there is none.
func (n numbers) free(taken *[128]bool, instead uint8) uint8 {
	for pt := uint8(96); pt < 128; pt++ {
		if !taken[pt] && !n.has(pt) {
			return pt
		}
	}
	return instead
}

func (n numbers) has(pt uint8) bool {
	for k := kindPCMU; k <= kindEventWide; k++ {
		if n[k] == pt {
			return true
		}
	}
	return false
}
