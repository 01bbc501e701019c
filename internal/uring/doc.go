// Package uring reads and writes many sockets with one system call, by Linux's
// io_uring.
//
// A media server does one read and one write per leg every 20 ms, each on a
// socket of its own. Where to enter the kernel costs as much as the work there
// (page-table isolation, virtual machines), a [Batch] of them saves half of it.
//
// A Batch carries out what was queued and returns when all of it is done: every
// operation is one that does not wait, so nothing is ever under way in the
// background, and a socket may be closed, or its packet's memory used again, as
// soon as Run has returned.
//
// It belongs to the thread that made it. Where the system forbids io_uring (containers often do) or is too old,
// [NewBatch] fails and the caller does without.
package uring
