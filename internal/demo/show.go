package demo

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"text/template"
	"time"

	"warmline/internal/hearing"
	"warmline/internal/softphone"
	"warmline/mixer"
)

// The cast, by id. The agents' ids are those of the configuration.
const (
	customer = "customer"
	alice    = "alice"
	bob      = "bob"
)

// A person holds a phone.
type person struct {
	id, name string
	phone    *softphone.Phone
	call     *softphone.Call
	lived    span // when the call was up
}

// A span is a piece of the story's time.
type span struct{ from, to time.Duration }

// A mark is a step as it was told: from the moment it is in force to the next
// step's beginning.
type mark struct {
	number     int
	title, how string
	began      time.Duration // the key or request that leads to it
	span
}

// A spoken line.
type spoken struct {
	line
	at time.Duration
}

// A show is one telling of the story.
type show struct {
	print  io.Writer
	api    api
	conf   conference
	server *Server
	lines  []line
	people []*person
	start  time.Time
	marks  []mark
	said   []spoken
	held   map[string][]span // by person, as the server says
}

// perform tells the story from beginning to end and takes everything down.
func perform(ctx context.Context, o Options, lines []line) (s *show, err error) {
	data, err := os.MkdirTemp("", "warmline-demo-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(data)
	secrets := newSecrets(data)
	config, err := secrets.config()
	if err != nil {
		return nil, err
	}
	server, err := o.Start(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	defer server.Stop()
	network := o.Network
	if network == nil {
		network = &Network{Phone: func(*softphone.Config) error { return nil }, HTTP: http.DefaultClient}
	}
	s = &show{
		print: o.Print, api: api{server.API, secrets.Key, network.HTTP}, server: server, lines: lines,
		held: make(map[string][]span),
	}
	defer s.close()
	if err := s.cast(ctx, secrets, network); err != nil {
		return nil, err
	}
	s.start = time.Now()
	return s, s.tell(ctx)
}

// secrets are made anew for each run.
type secrets struct {
	Key, KeySum string
	Password    string
	Data        string
}

func newSecrets(data string) secrets {
	key := rand.Text()
	return secrets{Key: key, KeySum: fmt.Sprintf("%x", sha256.Sum256([]byte(key))), Password: rand.Text(), Data: data}
}

// dialled is the number that the customer calls.
const dialled = "+15550100"

// The caller has an address of its own on the loopback interface: a trunk is
// known by its address.
var trunkAddr = netip.AddrFrom4([4]byte{127, 0, 0, 2})

var configTemplate = template.Must(template.New("").Parse(`
sip: {listen: ["udp://127.0.0.1:0"]}
media: {ports: 21000-21399}
http:
  listen: 127.0.0.1:0
  api_keys: [{name: demo, role: operator, key_sha256: {{.KeySum}}}]
agents:
  - {id: alice, name: Alice, extension: "1001", password: "{{.Password}}", queues: [support]}
  - {id: bob, name: Bob, extension: "1002", password: "{{.Password}}"}
queues:
  - {id: support, name: Support, extension: "600"}
trunks:
  - {id: carrier, match: [127.0.0.2], uri: "sip:127.0.0.2:5060"}
routes:
  - {to: "+15550100", target: "queue:support"}
data: "{{.Data}}"
`))

func (s secrets) config() ([]byte, error) {
	var b bytes.Buffer
	err := configTemplate.Execute(&b, s)
	return b.Bytes(), err
}

// cast gives everybody a phone and logs the agents in.
func (s *show) cast(ctx context.Context, secrets secrets, network *Network) error {
	for i, p := range []struct{ id, name, user string }{
		{customer, "Customer", "+15550142"}, {alice, "Alice", alice}, {bob, "Bob", bob},
	} {
		cfg := softphone.Config{
			Server: s.server.SIP, User: p.user, Name: p.name, Password: secrets.Password,
			PortMin: 22000 + 100*i, PortMax: 22099 + 100*i,
		}
		if p.id == customer {
			cfg.Addr, cfg.Password = trunkAddr, ""
		}
		if err := network.Phone(&cfg); err != nil {
			return err
		}
		phone, err := softphone.New(cfg)
		if err != nil {
			return err
		}
		s.people = append(s.people, &person{id: p.id, name: p.name, phone: phone})
		if p.id == customer {
			continue
		}
		if err := phone.Register(ctx); err != nil {
			return fmt.Errorf("%s cannot log in: %w", p.name, err)
		}
		fmt.Fprintf(s.print, "%s has logged in\n", p.name)
	}
	return nil
}

func (s *show) close() {
	for _, p := range s.people {
		p.phone.Close()
	}
}

func (s *show) person(id string) *person {
	for _, p := range s.people {
		if p.id == id {
			return p
		}
	}
	panic("no person " + id)
}

// now is the story's clock.
func (s *show) now() time.Duration { return time.Since(s.start) }

// note prints a line of the timeline.
func (s *show) note(who, format string, args ...any) {
	fmt.Fprintf(s.print, "%6.1f s  %-9s %s\n", s.now().Seconds(), who, fmt.Sprintf(format, args...))
}

// begin opens a step; inForce follows when its effect is there.
func (s *show) begin(title, how string) {
	now := s.now()
	if n := len(s.marks); n > 0 {
		s.marks[n-1].to = now
	}
	s.marks = append(s.marks, mark{number: len(s.marks) + 1, title: title, how: how, began: now, span: span{from: now}})
	fmt.Fprintf(s.print, "\n%6.1f s  ── %d  %s (%s)\n", now.Seconds(), len(s.marks), title, how)
}

func (s *show) inForce() { s.marks[len(s.marks)-1].from = s.now() }

// await polls the server's state until it is as it should be.
func (s *show) await(ctx context.Context, what string, is func(conference) bool) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 10*time.Second, fmt.Errorf("waited 10 s in vain until %s", what))
	defer cancel()
	for {
		conf, err := s.api.current(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if conf.ID != "" {
			s.conf = conf
			s.watch(conf)
		}
		if is(conf) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// watch keeps who is held from when to when.
func (s *show) watch(conf conference) {
	for _, p := range s.people {
		spans := s.held[p.id]
		open := len(spans) > 0 && spans[len(spans)-1].to == 0
		switch held := conf.status(p.id) == "held"; {
		case held && !open:
			s.held[p.id] = append(spans, span{from: s.now()})
		case !held && open:
			spans[len(spans)-1].to = s.now()
		}
	}
}

// speak has the lines of the present step said, one after the other with a
// breath between; asides go along with the first.
func (s *show) speak(ctx context.Context) error {
	const breath = 300 * time.Millisecond
	step := len(s.marks)
	var asides []func() error
	for _, l := range s.lines {
		if l.step == step && l.aside {
			asides = append(asides, s.say(l))
		}
	}
	for _, l := range s.lines {
		if l.step != step || l.aside {
			continue
		}
		if err := s.say(l)(); err != nil {
			return err
		}
		if err := s.wait(ctx, breath); err != nil {
			return err
		}
	}
	for _, done := range asides {
		if err := done(); err != nil {
			return err
		}
	}
	return nil
}

// say begins a line, and returns what waits for its end.
func (s *show) say(l line) func() error {
	p := s.person(l.speaker)
	if l.aside {
		s.note(p.name, "on hold, to nobody: “%s”", l.text)
	} else {
		s.note(p.name, "“%s”", l.text)
	}
	playback := p.call.Play(l.samples)
	return func() error {
		<-playback.Done()
		if playback.Started().IsZero() {
			return fmt.Errorf("%s was cut off: %q", p.name, l.text)
		}
		s.said = append(s.said, spoken{l, playback.Started().Sub(s.start)})
		return nil
	}
}

func (s *show) wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// A track is what one person heard, on the story's clock.
type track struct {
	person  *person
	samples []int16
	held    []span
	heard   *hearing.Hearing
}

// tracks lays the recordings on the common clock.
func (s *show) tracks() []*track {
	length := at(s.marks[len(s.marks)-1].to)
	var all []*track
	for _, p := range s.people {
		t := &track{person: p, samples: make([]int16, length), held: s.held[p.id]}
		recorded, began := p.call.Recorded()
		if from := at(began.Sub(s.start)); from < length {
			copy(t.samples[max(from, 0):], recorded)
		}
		all = append(all, t)
	}
	return all
}

// at is a time of the story as a sample.
func at(d time.Duration) int { return int(d * mixer.SampleRate / time.Second) }

// listen finds out what was heard in each track.
func listen(tracks []*track, said []spoken, music []int16) {
	utterances := make([]hearing.Utterance, len(said))
	for i, s := range said {
		utterances[i] = hearing.Utterance{Voice: s.speaker, Samples: s.samples, At: at(s.at)}
	}
	for _, t := range tracks {
		t.heard = hearing.Analyse(t.samples, utterances, music)
	}
}
