package g722

// A band is the adaptive half of one sub-band: what encoder and decoder have in
// common. The fields are as large as the Recommendation's 16-bit words, held in
// 32 bits.
type band struct {
	zeros  zeros
	errors [6]int32 // the last quantised errors, doubled, oldest first

	pole1, pole2 int32 // coefficients, in 1/16384: ±15360 and ±12288 at the most
	out1, out2   int32 // the last two reconstructed samples, doubled and limited
	part1, part2 int32 // the last two of error + zeros' part: only the signs count

	zerosPart int32 // what the zeros predict
	predicted int32 // what both predict
	log       int32 // logarithm of the step
	step      int32
}

func (b *band) reset(step int32) {
	*b = band{step: step}
	b.zeros.reset()
}

// A trail is the quantised errors of a frame behind the six before it, doubled:
// so none has to move.
type trail [6 + frameBytes]int32

func (b *band) load(t *trail)         { copy(t[:], b.errors[:]) }
func (b *band) store(t *trail, n int) { copy(b.errors[:], t[n:]) }

// lowError takes the low band's step one sample on and returns the quantised
// error that code stands for.
func (b *band) lowError(code uint8) int32 {
	c := code >> 2 & 15
	e := b.step * coarse[c] >> 15
	b.log = min(max(b.log-(b.log+127)>>7+lowLoudness[c], 0), lowLogMax)
	b.step = lowSteps[b.log>>6&511]
	return e
}

// highError is the same for the high band.
func (b *band) highError(code uint8) int32 {
	c := code & 3
	e := b.step * levels[c] >> 15
	b.log = min(max(b.log-(b.log+127)>>7+highLoudness[c], 0), highLogMax)
	b.step = highSteps[b.log>>6&511]
	return e
}

// adapt moves the predictor by the quantised error e, which is within ±10228:
// the largest step times the largest level. past is the six before it and room
// for it.
func (b *band) adapt(past *[7]int32, e int32) {
	part := b.zerosPart + e
	differ1 := (part ^ b.part1) >> 31 // -1 if the signs differ, else 0
	differ2 := (part ^ b.part2) >> 31
	b.part2, b.part1 = b.part1, part

	// Second pole: leak 1/128. The term with the first pole is negated if the
	// signs agree.
	t := (clamp(b.pole1, 8191) ^ ^differ1) - ^differ1
	pole2 := clamp(b.pole2-(b.pole2+127)>>7+t>>5+128+differ2<<8, 12288)
	// First pole: leak 1/256, and a limit that keeps the pair stable.
	pole1 := clamp(b.pole1-(b.pole1+255)>>8+192+differ1&-384, 15360-pole2)
	b.pole1, b.pole2 = pole1, pole2

	out1, out2 := limit(2*(b.predicted+e)), b.out1
	b.out1, b.out2 = out1, out2
	polesPart := pole1*out1>>15 + pole2*out2>>15 // within ±27648

	past[6] = 2 * e
	zerosPart := limit(b.zeros.adapt(past))
	b.zerosPart = zerosPart
	b.predicted = limit(polesPart + zerosPart)
}
