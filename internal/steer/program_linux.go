package steer

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// What a program of this kind is told (struct bpf_sk_lookup), in bytes.
const (
	ctxFamily     = 8
	ctxProtocol   = 12
	ctxRemoteIP   = 16
	ctxRemotePort = 36
	ctxLocalIP    = 40
	ctxLocalPort  = 60
)

// What a row has, in bytes.
const (
	rowLane     = 0
	rowLocalIP  = 4
	rowPeerIP   = 8
	rowPeerPort = 12
	rowWindow   = 16
	rowCount    = 24
)

const (
	// windowBits makes a window of 67 ms of the time in nanoseconds.
	windowBits = 26
	// windowMost is how many datagrams of one port a lane takes in a window: more than
	// any peer has reason to send, even those of a network that stood still. The
	// rest is for the port's own socket, where a flood harms nobody else.
	windowMost = 256
)

// The verdicts: the kernel goes on to look (for the socket that was assigned,
// or for any), or the port is closed to the sender.
const (
	skDrop = 0
	skPass = 1
)

// program is, for every datagram that comes:
//
//	row := rows[local port]
//	if none, not UDP over IPv4, or not for the row's local address: pass
//	if the row has a peer and this is another: drop
//	if the port has had its share in this window: pass
//	assign the socket of the row's lane; pass
func program(rows, sockets *ebpf.Map) asm.Instructions {
	var p asm.Instructions
	add := func(i ...asm.Instruction) { p = append(p, i...) }
	const ctx, row, socket = asm.R6, asm.R7, asm.R8
	key := func(m *ebpf.Map, from asm.Register) {
		add(
			asm.StoreMem(asm.RFP, -4, from, asm.Word),
			asm.LoadMapPtr(asm.R1, m.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP),
			asm.Add.Imm(asm.R2, -4),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "pass"),
		)
	}
	add(
		asm.Mov.Reg(ctx, asm.R1),
		asm.LoadMem(asm.R2, ctx, ctxFamily, asm.Word),
		asm.JNE.Imm(asm.R2, unix.AF_INET, "pass"),
		asm.LoadMem(asm.R2, ctx, ctxProtocol, asm.Word),
		asm.JNE.Imm(asm.R2, unix.IPPROTO_UDP, "pass"),
		asm.LoadMem(asm.R2, ctx, ctxLocalPort, asm.Word),
	)
	key(rows, asm.R2)
	add(
		asm.Mov.Reg(row, asm.R0),
		asm.LoadMem(asm.R3, row, rowLane, asm.Word),
		asm.JEq.Imm(asm.R3, 0, "pass"),
		asm.LoadMem(asm.R2, row, rowLocalIP, asm.Word),
		asm.LoadMem(asm.R4, ctx, ctxLocalIP, asm.Word),
		asm.JNE.Reg(asm.R2, asm.R4, "pass"),

		asm.LoadMem(asm.R2, row, rowPeerPort, asm.Word),
		asm.JEq.Imm(asm.R2, 0, "anybody"),
		asm.LoadMem(asm.R4, ctx, ctxRemotePort, asm.Half),
		asm.JNE.Reg(asm.R2, asm.R4, "drop"),
		asm.LoadMem(asm.R2, row, rowPeerIP, asm.Word),
		asm.LoadMem(asm.R4, ctx, ctxRemoteIP, asm.Word),
		asm.JNE.Reg(asm.R2, asm.R4, "drop"),

		asm.FnKtimeGetNs.Call().WithSymbol("anybody"),
		asm.RSh.Imm(asm.R0, windowBits),
		asm.LoadMem(asm.R2, row, rowWindow, asm.DWord),
		asm.Mov.Imm(asm.R4, 0),
		asm.JNE.Reg(asm.R0, asm.R2, "count"),
		asm.LoadMem(asm.R4, row, rowCount, asm.DWord),
		asm.JGE.Imm(asm.R4, windowMost, "pass"),
		asm.StoreMem(row, rowWindow, asm.R0, asm.DWord).WithSymbol("count"),
		asm.Add.Imm(asm.R4, 1),
		asm.StoreMem(row, rowCount, asm.R4, asm.DWord),

		asm.LoadMem(asm.R3, row, rowLane, asm.Word),
		asm.JEq.Imm(asm.R3, 0, "pass"),
		asm.Sub.Imm(asm.R3, 1),
	)
	key(sockets, asm.R3)
	add(
		asm.Mov.Reg(socket, asm.R0),
		asm.Mov.Reg(asm.R1, ctx),
		asm.Mov.Reg(asm.R2, socket),
		asm.Mov.Imm(asm.R3, 0),
		asm.FnSkAssign.Call(),
		asm.Mov.Reg(asm.R1, socket),
		asm.FnSkRelease.Call(),
		asm.Mov.Imm(asm.R0, skPass).WithSymbol("pass"),
		asm.Return(),
		asm.Mov.Imm(asm.R0, skDrop).WithSymbol("drop"),
		asm.Return(),
	)
	return p
}
