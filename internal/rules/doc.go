// Package rules holds the project's rules as tests: who may import whom, what
// the pure packages must not touch, and what every file must look like. It has
// no code of its own; the tables at the head of its test files are meant to be
// read, and changed together with ARCHITECTURE.md.
package rules
