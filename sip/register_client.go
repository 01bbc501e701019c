package sip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// RegisterRequest is a registration of ours with somebody else's registrar:
// that of a trunk, or of a softphone in a test.
type RegisterRequest struct {
	Registrar string        // URI of the registrar: the Request-URI, and where to send
	User      string        // address of record: User at Domain
	Domain    string        // "": the registrar's host
	Contact   string        // user part of our Contact; "": User
	Username  string        // digest; "": User
	Password  string        //
	Expires   time.Duration // asked for; 0: one hour
	// OnState gets each outcome: the status of a final response, or 0 and an
	// error when there was none. It is called from the client's goroutine and
	// must not block, nor call Close.
	OnState func(status int, err error)
}

// RegistrationClient keeps one registration alive until Close.
type RegistrationClient struct {
	req       RegisterRequest
	env       registerEnv
	registrar sip.Uri
	login     *login // the loop's
	callID    string
	fromTag   string
	poke      chan struct{}
	cancel    context.CancelFunc
	done      sync.WaitGroup

	// Below is the loop's alone.
	cseq       uint32
	expires    time.Duration
	flow       Flow
	registered bool
	failures   int
}

// registerEnv is what the client needs of an endpoint.
type registerEnv struct {
	request func(context.Context, *sip.Request, Flow) (*sip.Response, error) // final response
	resolve func(sip.Uri) (Flow, error)
	contact func(Flow, string) sip.Uri
	via     func(Flow) *sip.ViaHeader
}

// Timing of the loop. The back-off is that of RFC 5626 §4.5.
const (
	backoffBase = 30 * time.Second
	backoffMax  = 30 * time.Minute
	// refusedSteps is where the back-off begins after a refusal that repeating
	// will not change: many registrars ban who goes on.
	refusedSteps = 3
	// earlyBy is how long before the end a registration is refreshed at least.
	earlyBy = 30 * time.Second
	// exchangeTimeout bounds one exchange, challenges included; a transaction
	// gives up after 32 s by itself.
	exchangeTimeout = 70 * time.Second
	// unregisterTimeout bounds the farewell of Close.
	unregisterTimeout = 2 * time.Second
)

// newRegistrationClient starts the loop.
func newRegistrationClient(req RegisterRequest, env registerEnv) (*RegistrationClient, error) {
	c := &RegistrationClient{
		req: req, env: env, poke: make(chan struct{}, 1),
		callID: newTag(), fromTag: newTag(), expires: req.Expires,
		cseq: rand.Uint32N(1 << 16),
	}
	if err := sip.ParseUri(req.Registrar, &c.registrar); err != nil {
		return nil, fmt.Errorf("sip: registrar %q: %w", req.Registrar, err)
	}
	if c.req.Domain == "" {
		c.req.Domain = c.registrar.Host
	}
	if c.req.Contact == "" {
		c.req.Contact = req.User
	}
	if c.req.Username == "" {
		c.req.Username = req.User
	}
	if c.expires <= 0 {
		c.expires = defaultExpires
	}
	c.login = newLogin(c.req.Username, req.Password)
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.done.Go(func() { c.loop(ctx) })
	return c, nil
}

// Refresh registers again at once: the connection was lost, or our address
// changed.
func (c *RegistrationClient) Refresh() {
	select {
	case c.poke <- struct{}{}:
	default: // one is pending
	}
}

// Close ends the loop, removes the registration if there is one, and waits for
// both, two seconds at the most.
func (c *RegistrationClient) Close() {
	c.cancel()
	c.done.Wait()
}

// loop registers, waits and registers again.
func (c *RegistrationClient) loop(ctx context.Context) {
	for {
		granted, wait, status, err := c.exchange(ctx, c.expires)
		if ctx.Err() != nil {
			break
		}
		delay := refreshIn(granted)
		if c.registered = status == 200; c.registered {
			c.failures = 0
		} else {
			delay = max(c.backoff(status), wait)
		}
		if c.req.OnState != nil {
			c.req.OnState(status, err)
		}
		timer := time.NewTimer(delay)
		select {
		case <-timer.C:
		case <-c.poke:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
		}
		if ctx.Err() != nil {
			break
		}
	}
	if c.registered {
		farewell, cancel := context.WithTimeout(context.Background(), unregisterTimeout)
		defer cancel()
		_, _, _, _ = c.exchange(farewell, 0) // best effort: the binding expires
	}
}

// refreshIn is when to refresh what was granted: half way, and at least 30 s
// before the end where that leaves time.
func refreshIn(granted time.Duration) time.Duration {
	return max(min(granted/2, granted-earlyBy), granted/3, time.Second)
}

// backoff is the wait after a failure: doubling, with jitter so that a thousand
// clients do not come back at once.
func (c *RegistrationClient) backoff(status int) time.Duration {
	if status/100 == 4 && status != 408 && status != 480 {
		c.failures = max(c.failures, refusedSteps)
	}
	d := min(backoffBase<<min(c.failures, 10), backoffMax)
	c.failures++
	return d/2 + rand.N(d/2)
}

// errChallenge says that a challenge could not be answered, or not with this
// password.
var errChallenge = errors.New("sip: digest challenge cannot be met")

// exchange sends REGISTER until there is an answer other than a challenge or
// 423. wait is what the registrar asked for with Retry-After.
func (c *RegistrationClient) exchange(ctx context.Context, expires time.Duration) (granted, wait time.Duration, status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	if c.flow, err = c.env.resolve(c.registrar); err != nil {
		return 0, 0, 0, err
	}
	var (
		tried    trials
		tooBrief bool
	)
	for range 5 {
		req := c.build(expires)
		c.login.sign(req)
		res, err := c.env.request(ctx, req, c.flow)
		if err != nil {
			return 0, 0, 0, err
		}
		switch status := res.StatusCode; {
		case status == 401 || status == 407:
			if !c.login.challenged(res, &tried) {
				return 0, 0, status, errChallenge
			}
		case status == 423 && !tooBrief && expires > 0:
			least, ok := minExpires(res)
			if !ok {
				return 0, 0, status, nil
			}
			tooBrief, expires, c.expires = true, least, least
		case status/100 == 2:
			return c.granted(res, expires), 0, 200, nil
		default:
			return 0, retryAfterOf(res), status, nil
		}
	}
	return 0, 0, 401, errChallenge
}

// build makes a REGISTER (RFC 3261 §10.2): one Call-ID for the life of the
// client, and a CSeq that rises.
func (c *RegistrationClient) build(expires time.Duration) *sip.Request {
	c.cseq++
	req := sip.NewRequest(sip.REGISTER, sip.Uri{
		Scheme: c.registrar.Scheme, Host: c.registrar.Host, Port: c.registrar.Port, UriParams: c.registrar.UriParams,
	})
	aor := sip.Uri{Scheme: "sip", User: escape(c.req.User), Host: c.req.Domain}
	from := &sip.FromHeader{Address: aor}
	from.Params.Add("tag", c.fromTag)
	id, hops := sip.CallIDHeader(c.callID), sip.MaxForwardsHeader(70)
	contact := c.env.contact(c.flow, escape(c.req.Contact))
	req.AppendHeader(c.env.via(c.flow))
	req.AppendHeader(&hops)
	req.AppendHeader(from)
	req.AppendHeader(&sip.ToHeader{Address: *aor.Clone()})
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: c.cseq, MethodName: sip.REGISTER})
	req.AppendHeader(&sip.ContactHeader{Address: contact})
	req.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(seconds(expires))))
	req.SetBody(nil)
	return req
}

// granted is what the registrar gave our contact: its expires parameter, else
// the Expires header, else what we asked for.
func (c *RegistrationClient) granted(res *sip.Response, asked time.Duration) time.Duration {
	ours := c.env.contact(c.flow, escape(c.req.Contact))
	for _, h := range res.GetHeaders("Contact") {
		contact, ok := h.(*sip.ContactHeader)
		if !ok || contact.Address.User != ours.User || !strings.EqualFold(contact.Address.Host, ours.Host) ||
			contact.Address.Port != ours.Port {
			continue
		}
		if v, ok := param(contact.Params, "expires"); ok {
			if d, ok := deltaSeconds(v); ok && d > 0 {
				return d
			}
		}
	}
	if h := res.GetHeader("Expires"); h != nil {
		if d, ok := deltaSeconds(h.Value()); ok && d > 0 {
			return d
		}
	}
	return asked
}

func minExpires(res *sip.Response) (time.Duration, bool) {
	h := res.GetHeader("Min-Expires")
	if h == nil {
		return 0, false
	}
	d, ok := deltaSeconds(h.Value())
	return d, ok && d > 0
}

// retryAfterOf reads Retry-After, without its comment and parameters, no
// longer than the longest back-off.
func retryAfterOf(res *sip.Response) time.Duration {
	h := res.GetHeader("Retry-After")
	if h == nil {
		return 0
	}
	v := strings.FieldsFunc(h.Value(), func(r rune) bool { return r == ' ' || r == ';' || r == '(' })
	if len(v) == 0 {
		return 0
	}
	d, _ := deltaSeconds(v[0])
	return min(d, backoffMax)
}
