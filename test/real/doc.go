// Package real tests the built server with phones and callers that are not
// ours: baresip as the agents' softphones, SIPp as a carrier's trunk, over real
// sockets on loopback. Its tests have the build tag "real" and need the Debian
// packages sip-tester and baresip, which `make test` installs.
package real
