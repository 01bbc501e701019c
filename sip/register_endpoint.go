package sip

import (
	"context"

	"github.com/emiago/sipgo/sip"
)

// Register keeps a registration with a registrar alive: it refreshes in time,
// answers challenges, and backs off when refused. The error is of the request:
// a registrar that is no URI. Close the client before the endpoint.
func (e *Endpoint) Register(req RegisterRequest) (*RegistrationClient, error) {
	return newRegistrationClient(req, registerEnv{
		request: e.exchange, resolve: e.resolve, contact: e.contact, via: e.via,
	})
}

// exchange sends a request that is no INVITE and waits for the final response.
func (e *Endpoint) exchange(ctx context.Context, req *sip.Request, flow Flow) (*sip.Response, error) {
	type outcome struct {
		res *sip.Response
		err error
	}
	final := make(chan outcome, 1)
	tx, err := e.transact(req, flow, func(res *sip.Response, err error) {
		if err == nil && res.IsProvisional() {
			return
		}
		select {
		case final <- outcome{res, err}:
		default: // a retransmission of the final response
		}
	})
	if err != nil {
		return nil, err
	}
	select {
	case o := <-final:
		return o.res, o.err
	case <-ctx.Done():
		tx.terminate()
		return nil, ctx.Err()
	}
}
