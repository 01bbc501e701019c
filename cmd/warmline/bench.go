package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"warmline/internal/bench"
)

// benchCmd measures a server under load.
type benchCmd struct {
	Target      string        `xor:"server" placeholder:"URI" help:"The server, as sip:127.0.0.1:5060; default: a private one."`
	Self        bool          `xor:"server" help:"Start a private server, in a process of its own. This is the default."`
	AllowRemote bool          `help:"Let the target be another machine."`
	Local       string        `default:"127.0.0.2" placeholder:"ADDRESS" help:"Where calls come from: what a trunk of the server matches."`
	Numbers     string        `default:"7xxxx" placeholder:"PATTERN" help:"Numbers of the rooms; each x is a digit."`
	Rooms       int           `default:"100" help:"Rooms, at first."`
	Size        int           `default:"3" help:"Legs of a room."`
	Talkers     int           `default:"0" help:"Legs of a room that talk; 0: all."`
	Listeners   string        `default:"silent" enum:"silent,quiet" help:"The others send silence (silent) or nothing (quiet)."`
	Signal      string        `default:"tones" enum:"tones,phrases,speech" help:"Tones without a pause (tones), with pauses as speech has them (phrases), or speech in phrases with a soft tone under it (speech)."`
	Codec       string        `default:"pcmu" enum:"pcmu,pcma,g722,opus" help:"pcmu, pcma, g722 or opus."`
	Held        int           `default:"0" help:"Legs more that are on hold (a=sendonly), each in a room of its own; measures without and then with them."`
	Phase       string        `default:"spread" enum:"spread,aligned,random" help:"When in 20 ms legs send: spread, aligned or random."`
	Seed        uint64        `default:"1" help:"Of what is random."`
	Rate        float64       `default:"150" help:"Calls placed per second."`
	WarmUp      time.Duration `default:"3s" help:"Wait before the measurement."`
	Duration    time.Duration `default:"10s" help:"Length of the measurement."`
	ServerPID   int           `name:"server-pid" help:"Process of the target, for its CPU and memory."`
	Metrics     string        `placeholder:"URL" help:"Metrics of the target, as http://127.0.0.1:8080/metrics."`
	FindLimit   bool          `help:"Raise the rooms until quality falls."`
	Step        int           `default:"50" help:"Rooms more each time."`
	MaxRooms    int           `default:"2000" help:"Where the search ends at the latest."`
	OnTime      float64       `default:"99.9" help:"Per cent of packets within 5 ms of schedule that are wanted."`
	Delivered   float64       `default:"99.9" help:"Per cent of packets wanted to come."`
	Tries       int           `default:"2" help:"Measurements of one number of rooms before it counts as too many."`
	Require     string        `placeholder:"NAME=N,..." help:"Fail unless met: on-time, delivery, heard and markers (per cent, at least), legs (at least), self, delay-mean and delay-p99 (ms), cpu (µs per leg and frame), memory (bytes per leg; all at most)."`
	Pin         int           `default:"-1" placeholder:"CPU" help:"Processor for this process."`
	PinServer   int           `default:"-1" placeholder:"CPU" help:"Processor for the private server."`
	JSON        bool          `name:"json" help:"Write everything, as JSON."`
}

// Run measures and prints. It fails if calls did, or a requirement is not met.
func (c *benchCmd) Run(s *streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := bench.Run(ctx, bench.Options{
		Target: c.Target, Remote: c.AllowRemote, Local: c.Local, Numbers: c.Numbers,
		Rooms: c.Rooms, Size: c.Size, Talkers: c.Talkers, Listeners: c.Listeners, Signal: c.Signal, Codec: c.Codec, Held: c.Held,
		Phase: c.Phase, Seed: c.Seed, Rate: c.Rate, WarmUp: c.WarmUp, Duration: c.Duration,
		FindLimit: c.FindLimit, Step: c.Step, MaxRooms: c.MaxRooms, OnTime: c.OnTime, Delivered: c.Delivered, Tries: c.Tries, Require: c.Require,
		ServerPID: c.ServerPID, Metrics: c.Metrics, Program: program, ProgramLog: s.err, Pin: c.Pin, PinServer: c.PinServer,
		Progress: s.err,
	})
	if report == nil {
		return err
	}
	if err != nil && !errors.Is(err, bench.ErrMissed) {
		report.Failure = err.Error()
	}
	if printErr := c.print(s, report); printErr != nil {
		return printErr
	}
	return err
}

func (c *benchCmd) print(s *streams, report *bench.Report) error {
	if !c.JSON {
		return report.Print(s.out)
	}
	text, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s\n", text)
	return err
}
