package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"warmline/internal/softphone"
	"warmline/mixer"
)

// Server is a running server as the demo knows it.
type Server struct {
	SIP  string // host:port, UDP
	API  string // base URL of the HTTP side, without a path
	Stop func() // ends it and waits
}

// Options say where the demo runs and where its results go.
type Options struct {
	// Start starts a private server with this configuration (YAML), on
	// loopback addresses and free ports; the configuration's own listeners are
	// to be ignored.
	Start func(ctx context.Context, config []byte) (*Server, error)
	Out   string    // folder for the recordings and the picture; made if missing
	Print io.Writer // the timeline as it happens, and the judgement

	// Network puts the people's phones and requests on another network than
	// the kernel's; nil: the kernel's.
	Network *Network
}

// Network is what the story goes over.
type Network struct {
	Phone func(*softphone.Config) error // completes a phone's configuration
	HTTP  *http.Client
}

// ErrDiffers says that somebody heard what they should not have, or did not
// hear what they should.
var ErrDiffers = errors.New("what was heard is not what should have been")

// timeLimit ends a story that has got stuck; it takes about 50 s.
const timeLimit = 3 * time.Minute

// Run tells the story, writes customer.wav, alice.wav, bob.wav and
// who-heard-whom.svg, and judges what was heard: ErrDiffers if it was wrong.
func Run(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	if err := os.MkdirAll(o.Out, 0o777); err != nil {
		return err
	}
	lines, err := readDialogue()
	if err != nil {
		return err
	}
	s, err := perform(ctx, o, lines)
	if err != nil {
		return err
	}
	tracks := s.tracks()
	fmt.Fprintf(o.Print, "\nlistening to the recordings …\n\n")
	listen(tracks, s.said, mixer.DefaultMusic())
	findings := judge(s.marks, tracks)
	report(o.Print, s.marks, tracks, findings)
	s.excuse(o.Print)
	if err := save(o, s, tracks, findings); err != nil {
		return err
	}
	if n := failed(findings); n > 0 {
		return fmt.Errorf("%w: %d of %d checks failed", ErrDiffers, n, len(findings))
	}
	return nil
}

// excuse says so when the machine was too busy for real time: then the phones
// themselves have lost sound, and a failed check need not be the server's.
func (s *show) excuse(w io.Writer) {
	for _, p := range s.people {
		if late := p.call.Late(); late > 60*time.Millisecond {
			fmt.Fprintf(w, "This machine was busy: the clock of %s's phone came up to %d ms late, which is heard.\n", p.name, late.Milliseconds())
		}
	}
}

// save writes the recordings and the picture.
func save(o Options, s *show, tracks []*track, findings []finding) error {
	for _, t := range tracks {
		if err := writeWAV(filepath.Join(o.Out, t.person.id+".wav"), t.samples); err != nil {
			return err
		}
	}
	file := filepath.Join(o.Out, "who-heard-whom.svg")
	if err := os.WriteFile(file, draw(s.marks, tracks, findings), 0o666); err != nil {
		return err
	}
	fmt.Fprintf(o.Print, "\nwritten to %s: what each person heard (customer.wav, alice.wav, bob.wav)\nand who heard whom over time (who-heard-whom.svg)\n", o.Out)
	return nil
}

func writeWAV(name string, samples []int16) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return mixer.WriteWAV(f, mixer.SampleRate, samples)
}
