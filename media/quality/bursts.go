package quality

// Gmin is how many packets in a row must have come between two bursts
// (RFC 3611 §4.7.2).
const Gmin = 16

// Bursts sorts the packets of a stream, in the order of their numbers, into
// bursts and gaps by RFC 3611 §4.7.2. A burst begins and ends with a missing
// packet (lost, or too late to be played) and holds no Gmin good ones in a row;
// everything else is gap. A missing packet alone among good ones is of the gap.
// The zero value is ready.
type Bursts struct {
	packets uint64
	good    int    // since the last missing packet
	lost    uint64 // of what may become a burst, up to its last missing packet
	span    uint64 // packets of that

	missing uint64
	runs    uint64 // of missing packets in a row

	bursts, burstPackets, burstLost uint64
	gaps                            uint64 // that a burst has ended
	end                             uint64 // packets up to the last burst's end
}

// Add takes in n packets that were all good, or all missing.
func (b *Bursts) Add(missing bool, n int) {
	switch {
	case n <= 0:
	case missing:
		b.addMissing(uint64(n))
	default:
		b.packets += uint64(n)
		b.good += n
		if b.lost > 0 && b.good >= Gmin {
			b.close()
		}
	}
}

func (b *Bursts) addMissing(n uint64) {
	if b.good > 0 || b.missing == 0 {
		b.runs++
	}
	if b.lost > 0 {
		b.span += uint64(b.good)
	}
	b.span += n
	b.lost += n
	b.good = 0
	b.packets += n
	b.missing += n
}

// close ends what may have been a burst.
func (b *Bursts) close() {
	if b.lost > 1 {
		start := b.packets - uint64(b.good) - b.span
		if start > b.end {
			b.gaps++
		}
		b.end = start + b.span
		b.bursts++
		b.burstPackets += b.span
		b.burstLost += b.lost
	}
	b.span, b.lost = 0, 0
}

// Packets is how many packets were taken in.
func (b *Bursts) Packets() uint64 { return b.packets }

// Missing is how many of the packets were missing.
func (b *Bursts) Missing() uint64 { return b.missing }

// Ratio is BurstR of G.107: the mean length of a run of missing packets, by what
// it would be were they missing at random. 1 where none are.
func (b *Bursts) Ratio() float64 {
	if b.runs == 0 {
		return 1
	}
	share := float64(b.missing) / float64(b.packets)
	return float64(b.missing) / float64(b.runs) * (1 - share)
}

// Summary are the burst metrics of RFC 3611. Densities are the share of missing
// packets within bursts and gaps, lengths the mean ones in packets.
type Summary struct {
	BurstDensity, GapDensity float64
	BurstLength, GapLength   float64
}

// Summary sums up the stream so far; what could still become a longer burst
// counts as it is.
func (b Bursts) Summary() Summary {
	b.close()
	if b.packets > b.end {
		b.gaps++
	}
	gapPackets := b.packets - b.burstPackets
	return Summary{
		BurstDensity: ratio(b.burstLost, b.burstPackets),
		GapDensity:   ratio(b.missing-b.burstLost, gapPackets),
		BurstLength:  ratio(b.burstPackets, b.bursts),
		GapLength:    ratio(gapPackets, b.gaps),
	}
}

func ratio(a, b uint64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
