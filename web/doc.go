// Package web is the HTTP side of the server: the API under /api/v1, its
// events, /healthz, /readyz and /metrics.
//
// # Design
//
// Server holds no call state. A request is turned into a conference.Command
// (or a question) for the Manager, whose conference decides it; the answer is
// the conference in its new state, or a problem document (RFC 9457) whose code
// says why not. The way of a request:
//
//	outermost      request id, recovery, log, count        outer.go
//	problemRouter  404 and 405 as problems                 outer.go
//	authorize      key and role                            keys.go
//	(huma)         parameters and bodies, strictly         api.go
//	operation      conferences.go, verbs.go, directory.go, records.go, events.go
//
// The same declarations yield the OpenAPI 3.1 document at
// /api/v1/openapi.json, which needs no key.
//
// Events: the Manager's changes enter by Publish. The hub numbers them, keeps
// the latest in a ring, and keeps each live conference's last state. It knows
// no clients: each stream (SSE or WebSocket) reads on from the event it saw
// last. That has three consequences. Publishing never waits for anybody. The
// ring is all the memory slow clients can take; one whose next event has left
// it is dropped. And resuming is no special case: a stream starts at the
// client's Last-Event-ID, or, if what follows that is gone or it comes from
// another run of the server, with a reset event that holds the whole state at
// its own id. An id is EPOCH.NUMBER; the epoch is new with every run.
//
// # Rights
//
// A key is sent as "Authorization: Bearer KEY"; the configuration holds its
// SHA-256. Role viewer reads, supervisor gives verbs and sets presences as
// well, operator may also end conferences. With "by" a verb is that agent's
// and its rights decide (403 not_allowed); without, a supervisor's. Keys are
// not taken from URLs, event streams included: URLs end up in logs and
// histories. A page in a browser therefore cannot use EventSource with a key;
// fetch with a streamed body can.
//
// # Examples
//
//	export KEY=… API=http://127.0.0.1:8080/api/v1 AUTH="Authorization: Bearer $KEY" JSON='Content-Type: application/json'
//
//	curl -H "$AUTH" $API/conferences
//	curl -H "$AUTH" $API/conferences/c1
//	curl -H "$AUTH" $API/agents
//	curl -H "$AUTH" $API/queues
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences -d '{"agent":"alice","target":"tel:+15550100"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/consult -d '{"by":"alice","target":"agent:bob"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/add -d '{"by":"alice","target":"1002"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/transfer -d '{"by":"alice","target":"queue:support"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/cancel -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/swap -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/merge -d '{"by":"alice","if_version":12}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/leave -d '{"by":"alice","allow_ringing":true}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/participants/p1/hold -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/participants/p1/unhold -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/participants/p1/mute -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/participants/p1/unmute -d '{"by":"alice"}'
//	curl -H "$AUTH" -H "$JSON" -X POST $API/conferences/c1/participants/p1/remove -d '{"by":"alice"}'
//	curl -H "$AUTH" -X DELETE $API/conferences/c1
//	curl -H "$AUTH" -H "$JSON" -X PUT $API/agents/alice/presence -d '{"presence":"away","reason":"lunch"}'
//	curl -H "$AUTH" $API/records
//	curl -H "$AUTH" "$API/records?limit=20&before=2026-03-02T10:00:00Z"
//	curl -H "$AUTH" $API/records/k1
//	curl -H "$AUTH" -N $API/events
//	curl -H "$AUTH" -N -H 'Last-Event-ID: lz5k2f8c0d1e2f3a4b.17' "$API/events?conference=c1"
//
// # Quality
//
// participants[].quality is what the leg's RTP shows, in two directions: what
// the server hears of the peer, and under "far" what the peer's RTCP reports of
// the audio it gets. It is up to now (in an event: up to that change), and stays
// with participants who have left: an ended conference, shown for a minute, has
// the figures each leg ended with. So does the line "leg ended" of the log.
// "srtp" is the suite the audio is encrypted with, and absent where it is not.
//
// # Records
//
// A conference that is over has a record, which is found by its contact: who was
// in it from when to when, what they asked for by keys or over HTTP, how long
// they were held and why, who could hear whom at each moment (the audibility
// ledger), and the quality of each leg. A live one has none yet (404). Records
// hold the numbers of callers and the keys they pressed; records.keep of the
// configuration says for how long.
//
// # Refused for now
//
// 503 with Retry-After (2 to 6 s, drawn anew for each) says that the server has
// no room or time for another call (busy) or is shutting down (draining). A verb
// that needs another leg is refused so before anything of the call changes.
//
// Left out: TLS (put a proxy in front, or listen on loopback) and sessions of
// people's browsers.
package web
