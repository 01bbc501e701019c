package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Serve   serveCmd   `cmd:"" help:"Run the server."`
	Check   checkCmd   `cmd:"" help:"Find the mistakes in a configuration."`
	Demo    demoCmd    `cmd:"" help:"Show a whole warm transfer on a private server, with real speech."`
	Bench   benchCmd   `cmd:"" help:"Measure a server under load, a private one by default."`
	Status  statusCmd  `cmd:"" help:"Show live conferences, agents and queues."`
	Version versionCmd `cmd:"" help:"Show the version."`
}

// streams are where a command writes: results to out, all else to err.
type streams struct{ out, err io.Writer }

// errSaid ends a command with status 1 whose errors have been printed.
var errSaid = errors.New("failed")

// run parses the arguments, runs the command, and returns the exit status: 0,
// or 1 with the error in one line.
func run(args []string, stdout, stderr io.Writer) int {
	helped := false
	parser, err := kong.New(&cli{},
		kong.Name("warmline"),
		kong.Description("A SIP conference server for contact centres. Begin with: warmline serve"),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
	)
	if err != nil {
		return fail(stderr, err)
	}
	ctx, err := parser.Parse(args)
	if helped {
		return 0
	}
	if err != nil {
		return fail(stderr, err)
	}
	ctx.Bind(&streams{stdout, stderr}, runner(runServer))
	if err := ctx.Run(); err != nil {
		return fail(stderr, err)
	}
	return 0
}

func fail(stderr io.Writer, err error) int {
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(stderr, "warmline:", strings.Join(strings.Fields(err.Error()), " "))
	}
	return 1
}
