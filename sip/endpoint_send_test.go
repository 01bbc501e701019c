package sip

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// A request given up while it waits is an error, whatever sipgo has written
// down by then; a nil response with a nil error would be taken for an answer.
func TestDoneAlwaysHasAReason(t *testing.T) {
	if err := reasonOfDone(nil); !errors.Is(err, sip.ErrTransactionTerminated) {
		t.Errorf("without a reason: %v", err)
	}
	if err := reasonOfDone(sip.ErrTransactionTimeout); !errors.Is(err, sip.ErrTransactionTimeout) {
		t.Errorf("a time-out became %v", err)
	}
	bubble(t, func(t *testing.T, r *rig) {
		for range 200 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			req := sip.NewRequest(sip.REGISTER, sip.Uri{Scheme: "sip", Host: "192.0.2.1", Port: 5060})
			req.AppendHeader(r.ep.via(Flow{Transport: "udp", Local: ourAddr, Remote: phoneAddr}))
			for _, h := range []sip.Header{
				sip.NewHeader("From", "<sip:a@example.test>;tag=a"), sip.NewHeader("To", "<sip:a@example.test>"),
				sip.NewHeader("Call-ID", newTag()), sip.NewHeader("CSeq", "1 REGISTER"),
			} {
				req.AppendHeader(h)
			}
			if res, err := r.ep.exchange(ctx, req, Flow{Transport: "udp", Local: ourAddr, Remote: phoneAddr}); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("answered with %v, %v", res, err)
			}
			cancel()
		}
	})
}
