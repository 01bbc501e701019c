// Package config reads warmline's configuration: one YAML file, overridden by
// the environment, overridden by flags.
//
// # What is read
//
// Config is the file as Go types: a key is the yaml tag of a field, and the
// sample in testdata/warmline.example.yaml shows each with its default. The
// decoder walks the syntax tree itself, because a strict file needs more than a
// library's decoder tells: every mistake is collected, not only the first, and
// each is said with file, line and column and with what would be right.
//
//	file ─ parse ─▶ tree ─ decode ─▶ Config + position of each key
//	environment ──────── override ─▶ (the same field parsers)
//	flags ────────────── override ─▶
//	                     check ────▶ Errors, sorted by position
//
// # Overrides
//
// Every key outside the lists of agents, queues, rooms, trunks, routes, outbound
// and API keys can be overridden. The variable is WARMLINE_ and the path of the
// key in capitals with "_" between: WARMLINE_HTTP_LISTEN is http.listen,
// WARMLINE_TIMERS_WRAP_UP is timers.wrap_up. Lists take commas:
// WARMLINE_SIP_LISTEN=udp://127.0.0.1:5060,tcp://127.0.0.1:5060. An empty
// variable counts as not set.
//
// # Secrets and files
//
// A password is written out, or "${NAME}" for an environment variable, or
// "file:PATH" for the first line of a file. Relative paths are seen from the
// configuration file, those in variables and flags from the working directory.
// A Secret prints as [redacted] wherever it is formatted.
//
// Left out: what the values do. The package opens no socket and knows no call.
package config
