package main

import "errors"

// demoCmd shows a whole warm transfer on a private server.
type demoCmd struct {
	Out string `default:"warmline-demo" placeholder:"DIR" help:"Where the recordings and the picture go."`
}

// Run runs the demonstration.
func (*demoCmd) Run() error { return errors.New("this build has no demonstration") }
