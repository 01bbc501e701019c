package transfer

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Trace is the recorded life of a conference: the inputs in their order, each
// with the digest of the State it led to. Its form on disk is JSON lines, a
// header and one line for each input:
//
//	{"trace":1,"stranded":"requeue","has_queue":true}
//	{"version":1,"input":"arrive customer agent","digest":"a3f0c1b2d4e5f607"}
type Trace struct {
	Policy Policy
	Steps  []TraceStep
}

// TraceStep is one input and what became of it.
type TraceStep struct {
	Version uint64 // 1 for the first input, then 2, …
	Input   Input
	Digest  uint64 // State.Digest after the step
}

// traceFormat is the version of the form on disk. It changes with the meaning
// of an input or with what a digest covers.
const traceFormat = 1

// ErrDiverged is what Replay reports when a State differs from the recorded one.
var ErrDiverged = errors.New("transfer: replay differs from the trace")

// Append records an input and the State it led to.
func (t *Trace) Append(in Input, after State) {
	t.Steps = append(t.Steps, TraceStep{uint64(len(t.Steps)) + 1, in, after.Digest()})
}

// Replay steps the inputs again. The error wraps ErrDiverged when a digest
// differs, and tells of a State that fails Check.
func Replay(t Trace) error {
	s := New(t.Policy)
	for _, step := range t.Steps {
		s, _ = Step(s, step.Input)
		if d := s.Digest(); d != step.Digest {
			return fmt.Errorf("%w: version %d, %v: digest %016x, recorded %016x, state %v",
				ErrDiverged, step.Version, step.Input, d, step.Digest, s)
		}
		if err := Check(s); err != nil {
			return fmt.Errorf("transfer: version %d, %v: %w", step.Version, step.Input, err)
		}
	}
	return nil
}

type traceHeader struct {
	Trace        int    `json:"trace"`
	Stranded     string `json:"stranded"`
	HasQueue     bool   `json:"has_queue,omitempty"`
	KeepConsult  bool   `json:"keep_consult_without_customer,omitempty"`
	NoAutoUnhold bool   `json:"no_auto_unhold,omitempty"`
}

type traceLine struct {
	Version uint64 `json:"version"`
	Input   string `json:"input"`
	Digest  string `json:"digest"`
}

// Encode writes the trace as JSON lines.
func (t Trace) Encode(w io.Writer) error {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	header := traceHeader{traceFormat, t.Policy.Stranded.String(), t.Policy.HasQueue, t.Policy.KeepConsultWithoutCustomer, t.Policy.NoAutoUnhold}
	if err := enc.Encode(header); err != nil {
		return err
	}
	for _, step := range t.Steps {
		line := traceLine{step.Version, step.Input.String(), fmt.Sprintf("%016x", step.Digest)}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return buf.Flush()
}

// DecodeTrace reads what Encode wrote. An unknown form, a gap in the versions
// or an input that cannot be read is an error with its line.
func DecodeTrace(r io.Reader) (Trace, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var h traceHeader
	if err := dec.Decode(&h); err != nil {
		return Trace{}, fmt.Errorf("transfer: trace header: %w", err)
	}
	stranded, ok := ParseStrandedPolicy(h.Stranded)
	if h.Trace != traceFormat || !ok {
		return Trace{}, fmt.Errorf("transfer: trace of format %d, policy %q", h.Trace, h.Stranded)
	}
	t := Trace{Policy: Policy{stranded, h.HasQueue, h.KeepConsult, h.NoAutoUnhold}}
	for {
		var line traceLine
		err := dec.Decode(&line)
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err == nil {
			err = t.addLine(line)
		}
		if err != nil {
			return Trace{}, fmt.Errorf("transfer: trace line %d: %w", len(t.Steps)+2, err)
		}
	}
}

func (t *Trace) addLine(line traceLine) error {
	if want := uint64(len(t.Steps)) + 1; line.Version != want {
		return fmt.Errorf("version %d where %d was expected", line.Version, want)
	}
	in, err := ParseInput(line.Input)
	if err != nil {
		return err
	}
	digest, err := strconv.ParseUint(line.Digest, 16, 64)
	if err != nil {
		return err
	}
	t.Steps = append(t.Steps, TraceStep{line.Version, in, digest})
	return nil
}

// Digest is a short fingerprint of the State, the same on every machine: the
// 64-bit FNV-1a hash of its one-line form.
func (s State) Digest() uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for _, c := range []byte(s.String()) {
		h = (h ^ uint64(c)) * prime
	}
	return h
}
