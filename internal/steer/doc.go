// Package steer has the datagrams for many UDP ports arrive at one socket of
// the thread that serves them, and leave by one.
//
// A media server has a port per leg. With a socket for each, every packet costs
// a look at structures of the kernel that nobody has touched for 20 ms: the file,
// the socket, its queue. Here a BPF program of the kind sk_lookup (Linux 5.9)
// looks the port up in a [Table] and gives the datagram to the socket of the
// [Lane] it is for; many are read with one call. What is sent has its UDP header
// written here and goes through one raw socket.
//
// The port's own socket stays: it holds the port, gets what is not steered, and
// must not be connected meanwhile, since the kernel prefers a connected socket to
// the program. Strangers are kept off by the program instead. IPv4 only.
//
// It takes the right to load BPF programs and to open raw sockets (CAP_BPF,
// CAP_NET_ADMIN and CAP_NET_RAW); [NewTable] fails without, and the caller
// does without.
package steer
