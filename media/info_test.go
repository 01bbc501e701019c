package media

import "testing"

func TestParseInfo(t *testing.T) {
	const relay, plain = "application/dtmf-relay", "application/dtmf"
	tests := []struct {
		contentType, body string
		want              byte // 0: refused
	}{
		{relay, "Signal=5\r\nDuration=160\r\n", '5'},
		{relay, "Signal= 5\nDuration= 160", '5'},
		{relay, "Duration=100\r\nsignal = #", '#'},
		{relay, "Signal=*\r\n", '*'},
		{relay, "Signal=10\r\nDuration=250\r\n", '*'},
		{relay, "Signal=11\r\n", '#'},
		{relay, "Signal=b\r\n", 'B'},
		{relay + "; charset=utf-8", "Signal=1\r\n", '1'},
		{"Application/DTMF-Relay", "Signal=1\r\n", '1'},
		{relay, "Signal=16\r\n", 0},
		{relay, "Signal=05\r\n", 0},
		{relay, "Signal=+5\r\n", 0},
		{relay, "Signal=\r\n", 0},
		{relay, "Signal=55\r\n", 0},
		{relay, "5", 0},
		{relay, "", 0},
		{plain, "5", '5'},
		{plain, " 5\r\n", '5'},
		{plain, "12", 'A'},
		{plain, "Signal=7\r\nDuration=100\r\n", '7'},
		{plain, "!", 0},
		{plain, "", 0},
		{"text/plain", "5", 0},
		{"", "5", 0},
		{"/;;", "5", 0},
		{plain, string(make([]byte, maxInfoBody+1)), 0},
	}
	for _, tt := range tests {
		got, ok := ParseInfo(tt.contentType, []byte(tt.body))
		if ok != (tt.want != 0) || ok && got != tt.want {
			t.Errorf("ParseInfo(%q, %.40q) = %q, %v, want %q", tt.contentType, tt.body, got, ok, tt.want)
		}
	}
}

func FuzzParseInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		if d, ok := ParseInfo(contentType, body); ok && eventOf(d) < 0 {
			t.Errorf("%q is no digit", d)
		}
	})
}
