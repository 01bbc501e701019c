// Command warmline is a conference server for contact centres: callers,
// agents and queues over SIP, with warm transfers by keypad, HTTP or phone.
//
// The package is flags and wiring: each command is a struct whose fields are
// its flags and whose Run does it. What a server is made of stands in package
// internal/server; what a configuration means in internal/config.
package main

import "os"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }
