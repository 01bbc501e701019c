package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
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
	ctx, err := parser.Parse(twoDashes(parser.Model, args))
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

// twoDashes are the arguments with a second dash before long flags that have one
// (-json), as those of Go's own tools do.
func twoDashes(model *kong.Application, args []string) []string {
	long := make(map[string]bool)
	for _, node := range append([]*kong.Node{model.Node}, model.Children...) {
		for _, f := range node.Flags {
			long["-"+f.Name] = true
		}
	}
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if name, _, _ := strings.Cut(arg, "="); long[name] {
			args[i] = "-" + arg
		}
	}
	return args
}

func fail(stderr io.Writer, err error) int {
	if !errors.Is(err, errSaid) {
		fmt.Fprintln(stderr, "warmline:", strings.Join(strings.Fields(err.Error()), " "))
	}
	return 1
}
