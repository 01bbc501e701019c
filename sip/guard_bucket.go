package sip

import "time"

// bucket is a token bucket.
type bucket struct {
	rate, burst float64 // tokens a second, and at most
	tokens      float64
	at          time.Time // when tokens was right
}

func newBucket(rate, burst float64) bucket {
	return bucket{rate: rate, burst: max(burst, 1), tokens: max(burst, 1)}
}

// take takes one token if there is one.
func (b *bucket) take(now time.Time) bool {
	b.fill(now)
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

func (b *bucket) fill(now time.Time) {
	// A clock that goes back gives nothing and takes nothing.
	if d := now.Sub(b.at); d > 0 && !b.at.IsZero() {
		b.tokens = min(b.burst, b.tokens+d.Seconds()*b.rate)
	}
	b.at = now
}

// full reports whether forgetting the bucket changes nothing.
func (b *bucket) full(now time.Time) bool {
	b.fill(now)
	return b.tokens >= b.burst
}

// buckets is a bounded table of token buckets.
type buckets[K comparable] struct {
	rate, burst float64
	most        int
	table       map[K]*bucket
}

func newBuckets[K comparable](rate, burst float64, most int) buckets[K] {
	return buckets[K]{rate: rate, burst: burst, most: most, table: make(map[K]*bucket)}
}

// take takes a token of the key.
func (bs *buckets[K]) take(key K, now time.Time) bool {
	b := bs.table[key]
	if b == nil {
		bs.room(now)
		n := newBucket(bs.rate, bs.burst)
		b = &n
		bs.table[key] = b
	}
	return b.take(now)
}

// room makes a place in a full table. Of a few buckets taken at random (map
// order) it drops the full ones, or else the fullest: who is short of tokens
// stays known.
func (bs *buckets[K]) room(now time.Time) {
	if len(bs.table) < bs.most {
		return
	}
	const sample = 16
	var (
		victim  K
		fullest = -1.0
		looked  int
	)
	for k, b := range bs.table {
		if b.full(now) {
			delete(bs.table, k)
			fullest = b.burst
		} else if b.tokens > fullest {
			victim, fullest = k, b.tokens
		}
		if looked++; looked == sample {
			break
		}
	}
	if len(bs.table) >= bs.most {
		delete(bs.table, victim)
	}
}
