// Package real tests the built server with phones and callers that are not
// ours: baresip as the agents' softphones, SIPp as a carrier's trunk, over real
// sockets on loopback. Its tests have the build tag "real" and need the Debian
// packages sip-tester and baresip, which `make test` installs.
//
// One of them sends speech through bad networks and judges what is heard at the
// other side. Where the kernel has netem (sch_netem, and sch_htb to give each
// call a network of its own) that is the network, on the namespace's loopback;
// elsewhere the test has one of its own. It is a measurement in real time, and
// wants a machine that does nothing else:
//
//	NETEM=update go test -tags real ./test/real -run TestQualityOverNetem -v
package real
