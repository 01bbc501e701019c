// Package demo tells a whole warm transfer to a real server, over real sockets,
// with three people who really speak, and judges it by what they heard.
//
// A caller from a trunk, the agent Alice and her colleague Bob hold a softphone
// each. Six steps (call, consult, talk it over, swap back, merge, leave) are
// driven by keys and by HTTP. Each person's phone records what comes out of it.
// Afterwards package hearing tells from the recordings alone who was heard when,
// and the result is held to a table of who should have been (expect.go). Two of
// the spoken lines are said on hold, so that a leak would have something to leak.
//
//	story.go     the six steps, as they are told
//	show.go      people, phones, the clock, what was said and when
//	api.go       the few requests to the server's HTTP side
//	dialogue.go  the lines and their sound
//	expect.go    who must hear what in each step, and the judgement
//	report.go    the levels as a table
//	picture.go   who heard whom over time, as an SVG
//
// The server is started by a function that the caller hands in: the demo knows
// it by its SIP address and its HTTP address only.
package demo
