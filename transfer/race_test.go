//go:build race

package transfer

// raceEnabled: the detector makes every step about ten times as slow, and this
// package has no concurrency for it to see; explorations are bounded more.
const raceEnabled = true
