package bench

// G.711 written anew from its definition (ITU-T G.711), so that the server's
// own tables are not their own witness.

func ulawDecode(b byte) int16 {
	b = ^b
	v := (int16(b&0x0f)<<3 + 0x84) << ((b >> 4) & 7)
	v -= 0x84
	if b&0x80 != 0 {
		return -v
	}
	return v
}

func ulawEncode(x int16) byte {
	sign, v := byte(0), int(x)
	if v < 0 {
		sign, v = 0x80, -v
	}
	v = min(v, 32635) + 0x84
	exp := byte(7)
	for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
		exp--
	}
	return ^(sign | exp<<4 | byte(v>>(exp+3))&0x0f)
}

func alawDecode(b byte) int16 {
	b ^= 0x55
	v := int16(b&0x0f)<<4 + 8
	if exp := (b >> 4) & 7; exp > 0 {
		v = (v + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}

func alawEncode(x int16) byte {
	sign, v := byte(0x80), int(x)
	if v < 0 {
		sign, v = 0, -v-1
	}
	exp := byte(7)
	for mask := 0x4000; exp > 0 && v&mask == 0; mask >>= 1 {
		exp--
	}
	shift := exp + 3
	if exp == 0 {
		shift = 4
	}
	return (sign | exp<<4 | byte(v>>shift)&0x0f) ^ 0x55
}
