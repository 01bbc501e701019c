package metrics

import (
	"slices"
	"strconv"
)

// other takes the place of every label value outside of its closed set.
const other = "other"

// The closed sets of label values. They are the words of the HTTP API and of
// the conference's state, in the order people expect them.
var (
	verbs = []string{
		"consult", "cancel", "hold", "unhold", "swap", "merge", "add",
		"remove", "leave", "transfer", "mute", "unmute", "end",
	}
	surfaces  = []string{"http", "dtmf", "sip"}
	outcomes  = []string{"merged", "completed", "cancelled", "declined", "busy", "no_answer", "customer_left", "failed"}
	roles     = []string{"customer", "agent", "external", "supervisor", "member"}
	statuses  = []string{"dialing", "ringing", "live", "held"} // of those present
	causes    = []string{"consult", "explicit", "remote"}
	sounds    = []string{"yes", "no"}
	presences = []string{"offline", "away", "available", "ringing", "busy", "wrap_up"}
	direction = []string{"in", "out"}
	priority  = []string{"realtime", "nice", "plain"}
	// Not SIP; a source, or all new ones, sending too much; a connection too
	// many; one that says nothing.
	dropReasons = []string{"shape", "rate", "source", "connection", "timeout"}
	// Why calls are refused with 503.
	refusals = []string{"overload", "limit", "draining"}
	codecs   = []string{"pcmu", "pcma", "g722", "opus"}
	sharing  = []string{"yes", "no"}
	// Median, 95th percentile and maximum of the moment.
	jitterStats = []string{"p50", "p95", "max"}

	// The methods of RFC 3261 and of its extensions that a server can meet.
	methods = []string{
		"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER", "INFO",
		"REFER", "NOTIFY", "SUBSCRIBE", "UPDATE", "PRACK", "MESSAGE", "PUBLISH",
	}
	httpMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)

// labelValues are the closed sets by label, for README.md. The rest of the
// labels: queue takes the configured queues, method the methods of SIP or
// HTTP, code their status codes, worker counts from 0, and those of build_info
// are of the build.
var labelValues = []struct {
	label  string
	values []string
}{
	{"verb", verbs}, {"surface", surfaces}, {"result", results},
	{"outcome", outcomes}, {"role", roles}, {"status", statuses},
	{"cause", causes}, {"sound", sounds}, {"presence", presences},
	{"direction", direction}, {"reason", slices.Concat(dropReasons, refusals)}, {"priority", priority}, {"stat", jitterStats},
	{"codec", codecs}, {"shared", sharing},
}

// anyVerb are the results every verb can have ("error": it did not reach the
// call's state, such as a participant nobody knows); verbResults adds those that
// follow from a verb's own preconditions.
var anyVerb = []string{"ok", "not_allowed", "not_live", "ended", "stale", "error"}

var verbResults = map[string][]string{
	"consult":  {"unknown_target", "actor_held", "consult_pending", "already_present", "unreachable", "queue_empty", "full", "busy"},
	"add":      {"unknown_target", "actor_held", "consult_pending", "already_present", "unreachable", "queue_empty", "full", "busy"},
	"transfer": {"unknown_target", "actor_held", "consult_pending", "already_present", "unreachable", "queue_empty", "full", "busy"},
	"cancel":   {"nothing_pending"},
	"hold":     {"not_answered", "not_present"},
	"unhold":   {"not_answered", "not_present"},
	"swap":     {"not_swappable"},
	"merge":    {"nothing_held"},
	"remove":   {"not_present"},
	"leave":    {"consult_ringing"},
	"mute":     {"not_present"},
	"unmute":   {"not_present"},
}

// results is the closed set of all results of any verb.
var results = func() []string {
	all := slices.Clone(anyVerb)
	for _, v := range verbs {
		for _, r := range verbResults[v] {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}()

// sipCodes are the status codes shown as they are; a peer that invents codes
// is counted under its class. The list is the IANA registry's part that calls
// and registrations meet.
var sipCodes = []string{
	"100", "180", "181", "182", "183", "199",
	"200", "202", "204",
	"300", "301", "302", "305", "380",
	"400", "401", "402", "403", "404", "405", "406", "407", "408", "410", "412",
	"413", "414", "415", "416", "420", "421", "422", "423", "428", "429", "430",
	"436", "437", "438", "439", "440", "469", "470", "480", "481", "482", "483",
	"484", "485", "486", "487", "488", "489", "491", "493", "494",
	"500", "501", "502", "503", "504", "505", "513", "580",
	"600", "603", "604", "606", "607", "608",
}

// firstCodes are the responses to a method that exist from the start: the
// usual ones, so that dashboards of a new server are not empty.
var firstCodes = map[string][]string{
	"INVITE":   {"100", "180", "183", "200", "401", "403", "404", "407", "408", "480", "486", "487", "488", "491", "500", "503", "603"},
	"REGISTER": {"200", "401", "403", "423"},
	"ACK":      {}, // an ACK is never answered
}

// fold returns v if it is of the closed set, and "other" if not.
func fold(set []string, v string) string {
	if slices.Contains(set, v) {
		return v
	}
	return other
}

// foldCode folds a SIP status code to itself, its class ("4xx") or "other".
func foldCode(code string) string {
	if slices.Contains(sipCodes, code) {
		return code
	}
	if n, err := strconv.Atoi(code); err == nil && n >= 100 && n <= 699 {
		return strconv.Itoa(n/100) + "xx"
	}
	return other
}

// foldStatus folds an HTTP status to itself or "other". The server chooses it,
// so that the valid range is bound enough.
func foldStatus(status int) string {
	if status < 100 || status > 599 {
		return other
	}
	return strconv.Itoa(status)
}
