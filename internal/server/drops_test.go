package server_test

import (
	"net"
	"testing"
	"time"
)

// What is no SIP is dropped without a word, and counted.
func TestDropsAreCounted(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.66.0.1")
		for _, junk := range []string{"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01"} {
			if _, err := r.conn.WriteTo([]byte(junk), net.UDPAddrFromAddrPort(serverAddr)); err != nil {
				st.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if len(r.inbox) > 0 {
			st.Errorf("the stranger is told %q", (<-r.inbox).first)
		}
		st.metric(`warmline_sip_dropped_total{reason="shape"}`, 2)
		st.metric(`warmline_sip_dropped_total{reason="source"}`, 0)
	})
}
