package g722

import (
	"encoding/binary"
	"testing"
)

// FuzzEncode and FuzzDecode compare with the oracle on anything.
func FuzzEncode(f *testing.F) {
	f.Add([]byte{0, 0, 255, 127, 0, 128, 1, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 2 {
			return
		}
		signal := make([]int16, 10*2*frameBytes)
		for i := range signal { // what was given, again and again
			signal[i] = int16(binary.LittleEndian.Uint16(data[2*i%(len(data)-1):]))
		}
		same(t, "fuzz", signal)
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 255, 1, 254, 77})
	f.Fuzz(func(t *testing.T, data []byte) { sameDecoded(t, "fuzz", data) })
}
