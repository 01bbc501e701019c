// Package softphone is a telephone that programs use: it registers, calls,
// answers, holds by re-INVITE, types digits, plays samples into a call and
// records what comes out of it. The demo's people hold one each, and so do
// tests, over real sockets or in a testing/synctest bubble on
// internal/testnet.
//
// A Phone owns one SIP endpoint, one media engine and the registration. A Call
// owns its SDP exchanges under a mutex (the SIP events and the user's wishes
// both end there), and one goroutine, its clock: every 20 ms it takes a frame
// from the media session into the recording and gives it the next frame of what
// is to be played. The clock is started when media is agreed and ends with the
// call; Close waits for it.
//
// Left out: a user interface, transfers by REFER, and any check of who calls. A
// phone takes calls from everybody, which is right on a loopback interface.
package softphone
