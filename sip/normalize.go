package sip

import (
	"errors"
	"maps"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// newParser returns the message parser of every endpoint: sipgo's, with a
// header table of its own.
//
// The table differs from sipgo's in four ways. Linear white space around the
// separators of structured headers is removed before they are parsed, because
// sipgo keeps it as part of parameter names and values. Compact names become
// full ones, so that a header is found by one name. Names of parameters that make
// dialogs and transactions are folded to lower case. And a header that cannot be
// parsed does not lose the message: it stays in it as raw text, which validate
// then answers with 400, where sipgo would drop the datagram and say nothing.
func newParser() *sip.Parser {
	return sip.NewParser(sip.WithHeadersParsers(headerTable()))
}

// headerTable copies sipgo's table, which is a global shared by all parsers.
func headerTable() map[string]sip.HeaderParser {
	table := maps.Clone(sip.DefaultHeadersParser())
	for name, full := range singleAddress {
		table[name] = single(full, table[name])
	}
	for name, full := range listed {
		table[name] = list(full, table[name])
	}
	for name, full := range plain {
		table[name] = single(full, table[name])
	}
	for name, full := range compact {
		table[name] = rename(full)
	}
	refer := single("Refer-To", table["refer-to"])
	table["refer-to"], table["r"] = refer, refer
	referred := single("Referred-By", table["referred-by"])
	table["referred-by"], table["b"] = referred, referred
	return table
}

// Headers by the shape of their value; the keys are what sipgo looks up, the
// values the full names.
var (
	singleAddress = map[string]string{"from": "From", "f": "From", "to": "To", "t": "To"}
	listed        = map[string]string{
		"via": "Via", "v": "Via", "contact": "Contact", "m": "Contact",
		"route": "Route", "record-route": "Record-Route",
	}
	plain = map[string]string{
		"call-id": "Call-ID", "i": "Call-ID", "cseq": "CSeq", "max-forwards": "Max-Forwards",
		"content-length": "Content-Length", "l": "Content-Length",
		"content-type": "Content-Type", "c": "Content-Type",
	}
	// compact maps the letters of the IANA registry that sipgo leaves alone.
	compact = map[string]string{
		"a": "Accept-Contact", "d": "Request-Disposition", "e": "Content-Encoding",
		"j": "Reject-Contact", "k": "Supported", "n": "Identity-Info", "o": "Event",
		"s": "Subject", "u": "Allow-Events", "x": "Session-Expires", "y": "Identity",
	}
)

// rename keeps the value and gives the header its full name.
func rename(full string) sip.HeaderParser {
	return func(_ []byte, text string) (sip.Header, error) {
		return sip.NewHeader(full, text), nil
	}
}

// single parses a header of one value; what does not parse is kept raw.
func single(full string, parse sip.HeaderParser) sip.HeaderParser {
	cseq := full == "CSeq"
	return func(name []byte, text string) (sip.Header, error) {
		clean := text
		if cseq {
			clean = strings.Join(strings.Fields(text), " ")
		} else if full != "Call-ID" && full != "Content-Type" {
			clean = squeeze(text)
		}
		h, err := parseAddressed(full, parse, name, clean)
		if err != nil {
			return sip.NewHeader(full, text), nil
		}
		return h, nil
	}
}

// list parses a header of comma-separated values, one value a call as sipgo
// wants it: the error that announces a further value carries the offset of the
// comma in the text as it came, not as it was squeezed.
func list(full string, parse sip.HeaderParser) sip.HeaderParser {
	return func(name []byte, text string) (sip.Header, error) {
		end := comma(text)
		segment := text
		if end >= 0 {
			segment = text[:end]
		}
		h, err := parseAddressed(full, parse, name, squeeze(segment))
		if err != nil {
			// The whole rest stays raw: the message is refused anyway, and
			// splitting garbage further would only multiply headers.
			return sip.NewHeader(full, text), nil
		}
		if end < 0 {
			return h, nil
		}
		return h, commaAt(end)
	}
}

var errValue = errors.New("sip: malformed header value")

// parseAddressed runs sipgo's parser over one cleaned value and refuses what
// it lets pass: unbalanced brackets, and text between them and the parameters.
func parseAddressed(full string, parse sip.HeaderParser, name []byte, value string) (sip.Header, error) {
	switch full {
	case "From", "To", "Contact", "Route", "Record-Route", "Refer-To", "Referred-By":
		if !addressShaped(value) {
			return nil, errValue
		}
	}
	h, err := parse(name, value)
	if err == nil {
		foldParams(h)
	}
	return h, err
}

// foldParams writes the names of header parameters in lower case: they mean the
// same in any (RFC 3261 §7.3.1), but sipgo finds tag, branch and rport only so.
func foldParams(h sip.Header) {
	var params sip.HeaderParams
	switch h := h.(type) {
	case *sip.FromHeader:
		params = h.Params
	case *sip.ToHeader:
		params = h.Params
	case *sip.ViaHeader:
		params = h.Params
	}
	for i := range params {
		params[i].K = strings.ToLower(params[i].K)
	}
}

// commaAt makes sipgo's error for a comma at the offset. Its type is not
// exported, so its own Route parser makes it, from an absolute URI as long as
// needed.
func commaAt(offset int) error {
	const shortest = "a:b"
	if offset < len(shortest) {
		return errValue
	}
	route := sip.DefaultHeadersParser()["route"]
	_, err := route(nil, shortest+strings.Repeat("b", offset-len(shortest))+",")
	return err
}
