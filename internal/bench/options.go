package bench

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Options say what is measured and how.
type Options struct {
	Target    string        // SIP URI of the server: sip:ADDRESS:PORT; "": a private server
	Remote    bool          // the target may be another machine
	Local     string        // our address, by which the server knows the trunk; "": 127.0.0.2
	Numbers   string        // the rooms' numbers: each x is a digit; "": 7xxxx
	Rooms     int           // at first
	Size      int           // legs of a room
	Talkers   int           // of a room; 0: all
	Listeners string        // the others send "silent" frames, or nothing: "quiet"
	Signal    string        // "tones" without a pause, "phrases" of them, or "speech"
	Codec     string        // "pcmu", "pcma", "g722" or "opus"
	Phase     string        // of the legs within 20 ms: "spread" evenly, "aligned", "random"
	Held      int           // legs more, on hold by their own SDP: what they cost is measured
	Seed      uint64        // of random phases
	Rate      float64       // calls placed per second
	WarmUp    time.Duration // between the last call's answer and the measurement
	Duration  time.Duration // of the measurement

	FindLimit bool    // raise the rooms until quality falls
	Step      int     // rooms more each time
	MaxRooms  int     // where to stop at the latest
	OnTime    float64 // per cent of packets within 5 ms of schedule that are wanted
	Delivered float64 // per cent of packets that are wanted to come
	Tries     int     // of one number of rooms, before it counts as too many
	Require   string  // what is wanted of the figures: on-time=99.9,delay-mean=8,...

	ServerPID  int    // of a server on this machine; 0: not known
	Metrics    string // URL of the server's metrics; "": not known
	Program    string // the binary of a private server
	ProgramLog io.Writer
	Pin        int // processor for this process; -1: any
	PinServer  int // processor for a private server; -1: any

	Progress io.Writer // what goes on, line by line

	patience time.Duration // for the server's memory to settle
}

// What one run may ask for, so that it ends and fits into memory.
const (
	maxLegs     = 12_000
	maxDuration = 10 * time.Minute
	minDuration = 2500 * time.Millisecond // a cycle, and what is heard after it
	maxPackets  = 20_000_000              // kept of one measurement
	maxSteps    = 100
	maxRate     = 1000.0
	ownAddress  = "127.0.0.2"     // beside the server's 127.0.0.1, so that no port is wanted twice
	ownTarget   = "sip:127.0.0.1" // of a private server, as long as its port is not known
	ownNumbers  = "7xxxx"
)

// withDefaults fills in what was left out.
func (o Options) withDefaults() Options {
	if o.Local == "" {
		o.Local = ownAddress
	}
	if o.Numbers == "" {
		o.Numbers = ownNumbers
	}
	if o.Talkers == 0 {
		o.Talkers = o.Size
	}
	if !o.FindLimit {
		o.MaxRooms = o.Rooms
	}
	o.patience = cmp.Or(o.patience, settleTime)
	o.Tries = max(1, o.Tries)
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

// check refuses what cannot be done.
func (o Options) check() error {
	for _, c := range []struct {
		bad  bool
		text string
	}{
		{o.Rooms < 1 || o.Size < 1, "at least one room of one leg"},
		{o.Talkers < 0 || o.Talkers > o.Size, "no more talkers than a room has legs"},
		{o.Talkers > maxTalkers, fmt.Sprintf("at most %d talkers of a room can be told apart; set their number", maxTalkers)},
		{o.MaxRooms < o.Rooms, "the most rooms are fewer than the first"},
		{o.Held < 0 || o.Held > maxLegs || o.MaxRooms > maxLegs, fmt.Sprintf("at most %d rooms, and as many legs on hold", maxLegs)},
		{o.Held > 0 && o.FindLimit, "legs on hold are not for a search"},
		{o.legs() > maxLegs, fmt.Sprintf("at most %d legs", maxLegs)},
		{o.Duration < minDuration || o.Duration > maxDuration, fmt.Sprintf("a duration of %v to %v", minDuration, maxDuration)},
		{o.WarmUp < 0 || o.WarmUp > maxDuration, fmt.Sprintf("a warm-up of at most %v", maxDuration)},
		{!(o.Rate > 0 && o.Rate <= maxRate), fmt.Sprintf("a rate of more than none and at most %g calls a second", maxRate)},
		{!(o.OnTime >= 0 && o.Delivered >= 0), "numbers of per cent that are wanted"},
		{o.ServerPID < 0, "there is no process of such a number"},
		{o.Target == "" && (o.ServerPID != 0 || o.Metrics != ""), "process and metrics are those of a server of your own: say its target, too"},
		{o.Target != "" && o.PinServer >= 0, "only the processor of a private server can be chosen"},
		{packets(o.MaxRooms*o.Size, o.Duration) > maxPackets, "fewer legs or a shorter duration: there would be too many packets to keep"},
		{o.FindLimit && (o.Step < 1 || (o.MaxRooms-o.Rooms)/o.Step > maxSteps), fmt.Sprintf("steps, at most %d of them", maxSteps)},
		{digits(o.Numbers) < len(strconv.Itoa(o.MaxRooms+o.Held-1)), fmt.Sprintf("the pattern %q has not enough x for %d rooms", o.Numbers, o.MaxRooms+o.Held)},
	} {
		if c.bad {
			return errors.New("bench: " + c.text)
		}
	}
	if _, _, err := o.addresses(); err != nil {
		return err
	}
	_, err := parseRequirements(o.Require)
	return err
}

// legs is the most there will be.
func (o Options) legs() int { return o.MaxRooms*o.Size + o.Held }

// files are what they need, in each process: two sockets a leg, and some.
func (o Options) files() int { return 2*o.legs() + 200 }

// packets is how many a measurement keeps, with some to spare.
func packets(legs int, d time.Duration) int { return legs * perLeg(d) }

// perLeg is the room for one leg's packets.
func perLeg(d time.Duration) int { return int(d/(20*time.Millisecond))*5/4 + 50 }

func digits(pattern string) int { return strings.Count(pattern, "x") }

// number is that of a room.
func number(pattern string, room int) string {
	text := []byte(pattern)
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == 'x' {
			text[i] = '0' + byte(room%10)
			room /= 10
		}
	}
	return string(text)
}

// addresses reads the target's and our own. A target that is not this machine
// needs leave: nobody shall flood another's by a slip of the hand.
func (o Options) addresses() (target netip.AddrPort, local netip.Addr, err error) {
	text := strings.TrimPrefix(cmp.Or(o.Target, ownTarget), "sip:")
	target, err = netip.ParseAddrPort(text)
	if err != nil {
		var addr netip.Addr
		if addr, err = netip.ParseAddr(text); err != nil {
			return target, local, fmt.Errorf("bench: target %q: write sip:ADDRESS:PORT", o.Target)
		}
		target = netip.AddrPortFrom(addr, 5060)
	}
	if local, err = netip.ParseAddr(o.Local); err != nil {
		return target, local, fmt.Errorf("bench: local address: %w", err)
	}
	if !target.Addr().Is4() || !local.Is4() {
		return target, local, errors.New("bench: IPv4 addresses only")
	}
	if !target.Addr().IsLoopback() && !o.Remote {
		return target, local, fmt.Errorf("bench: %v is not this machine; allow it if it is yours", target)
	}
	return target, local, nil
}
