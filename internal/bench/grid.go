package bench

// arrival is one packet received.
type arrival struct {
	at  int64 // ns, wall clock
	ts  uint32
	seq uint16
}

// slew is how fast a server may move its phase: ns per ns.
const slew = 1e-3

// lateness tells by how much each packet was later than its leg's own grid, in
// ns, and how far the grid moved from its lowest to its highest. unit is the
// duration of one unit of the RTP clock in ns.
//
// The grid is the greatest function below all of arrival minus RTP time that
// changes by no more than slew: two passes find it, one in each direction.
func lateness(packets []arrival, unit float64) (late []int64, moved int64) {
	if len(packets) == 0 {
		return nil, 0
	}
	first := packets[0]
	offset := make([]float64, len(packets))
	for i, p := range packets {
		offset[i] = float64(p.at-first.at) - float64(int32(p.ts-first.ts))*unit
	}
	grid := envelope(packets, offset)
	late = make([]int64, len(packets))
	low, high := grid[0], grid[0]
	for i := range packets {
		late[i] = int64(offset[i] - grid[i])
		low, high = min(low, grid[i]), max(high, grid[i])
	}
	return late, int64(high - low)
}

// envelope is the grid below offset.
func envelope(packets []arrival, offset []float64) []float64 {
	grid := make([]float64, len(offset))
	copy(grid, offset)
	for i := 1; i < len(grid); i++ {
		grid[i] = min(grid[i], grid[i-1]+apart(packets[i-1], packets[i]))
	}
	for i := len(grid) - 2; i >= 0; i-- {
		grid[i] = min(grid[i], grid[i+1]+apart(packets[i], packets[i+1]))
	}
	return grid
}

// apart is how far the grid may move between two packets.
func apart(a, b arrival) float64 {
	d := float64(b.at - a.at)
	if d < 0 {
		d = -d
	}
	return d * slew
}

// order is what the sequence numbers tell of a leg's packets.
type order struct {
	unique     int
	duplicates int
	gaps       int // numbers that never came, between the first and the last
}

// sequence counts them. Arrivals need not be in order.
func sequence(packets []arrival) (o order) {
	if len(packets) == 0 {
		return o
	}
	seen := make(map[int64]struct{}, len(packets))
	last, low, high := int64(packets[0].seq), int64(packets[0].seq), int64(packets[0].seq)
	for _, p := range packets {
		n := last + int64(int16(p.seq-uint16(last))) // unwrapped: the nearest to the one before
		if _, again := seen[n]; again {
			o.duplicates++
			continue
		}
		seen[n] = struct{}{}
		last, low, high = n, min(low, n), max(high, n)
	}
	o.unique = len(seen)
	o.gaps = int(high-low) + 1 - o.unique
	return o
}
