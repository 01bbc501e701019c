package g722

// Limits that hardly ever act are branches, with the action out of line: a
// conditional move would be in the way of what waits for the result.

// limit saturates to 16 bits.
func limit(v int32) int32 {
	if v != int32(int16(v)) {
		return saturated(v)
	}
	return v
}

//go:noinline
func saturated(v int32) int32 { return v>>31 ^ (1<<15 - 1) }

// clamp limits v to ±most.
func clamp(v, most int32) int32 {
	if uint32(v+most) > uint32(2*most) {
		return clamped(v, most)
	}
	return v
}

//go:noinline
func clamped(v, most int32) int32 {
	if v < 0 {
		return -most
	}
	return most
}
