package media_test

import (
	"fmt"
	"net/netip"
	"strings"

	"warmline/media"
)

// A phone calls with an offer; the answer is put in force when the SIP layer
// has sent it. Later the phone presses hold.
func Example() {
	engine, err := media.New(media.Config{Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 33000, PortMax: 33999})
	if err != nil {
		panic(err)
	}
	defer engine.Close()
	session, err := engine.NewSession(media.SessionConfig{Digit: func(d byte) { fmt.Printf("pressed %c\n", d) }})
	if err != nil {
		panic(err)
	}
	defer session.Close()

	offer := strings.Join([]string{
		"v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
		"m=audio 4000 RTP/AVP 9 8 0 96", "a=rtpmap:96 telephone-event/8000", "",
	}, "\r\n")
	answer, err := session.Answer([]byte(offer))
	if err != nil {
		panic(err)
	}
	fmt.Println(attributes(answer))
	fmt.Println("agreed:", session.Agreed())
	session.Commit()
	fmt.Println("agreed:", session.Agreed(), session.Codec())

	hold, err := session.Answer([]byte(offer + "a=sendonly\r\n"))
	if err != nil {
		panic(err)
	}
	session.Commit()
	fmt.Println(attributes(hold))
	fmt.Println("on hold:", session.RemoteHold())

	// Output:
	// rtpmap:0 PCMU/8000, rtpmap:96 telephone-event/8000, fmtp:96 0-15, ptime:20, sendrecv
	// agreed: false
	// agreed: true pcmu
	// rtpmap:0 PCMU/8000, rtpmap:96 telephone-event/8000, fmtp:96 0-15, ptime:20, recvonly
	// on hold: true
}

// attributes are the a= lines of a description.
func attributes(description []byte) string {
	var list []string
	for line := range strings.Lines(string(description)) {
		if a, ok := strings.CutPrefix(strings.TrimSpace(line), "a="); ok {
			list = append(list, a)
		}
	}
	return strings.Join(list, ", ")
}
