package sip

import (
	"net"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// complete finishes a response that sipgo made from req. Headers of req that
// could not be parsed are missing in it; they are copied as they came, so that
// the peer finds its transaction. And received is set whenever the sent-by of
// the top Via is not the source (RFC 3261 §18.2.1), with or without rport.
func complete(res *sip.Response, req *sip.Request) {
	for _, name := range [...]string{"From", "To", "Call-ID", "CSeq"} {
		if res.GetHeader(name) == nil {
			if h := req.GetHeader(name); h != nil {
				res.AppendHeader(sip.HeaderClone(h))
			}
		}
	}
	via := res.Via()
	if via == nil {
		return
	}
	host, _, err := net.SplitHostPort(req.Source())
	if err == nil && !strings.EqualFold(strings.Trim(via.Host, "[]"), host) {
		via.Params.Add("received", host)
	}
}
