package engine

import (
	"bytes"
	"strings"
	"testing"
	"unsafe"
)

func TestEmptyInlineValueStaysInItsBlock(t *testing.T) {
	for size := range 200 {
		for _, deadline := range []int64{0, 1} {
			h := newInline(bytes.Repeat([]byte("k"), size), 0, 0, deadline)
			begin := uintptr(unsafe.Pointer(h))
			value := uintptr(unsafe.Pointer(unsafe.SliceData(h.inlineValue())))
			if value >= begin+uintptr(h.inlineBytes()) {
				t.Fatalf("key of %d bytes: value at %d of %d", size, value-begin, h.inlineBytes())
			}
		}
	}
}

// TestInlineBlocksStayWithinTheirAllocation holds what a block claims to have
// room for against what was allocated for it.
func TestInlineBlocksStayWithinTheirAllocation(t *testing.T) {
	te := newTestEngine(t)
	for _, line := range []string{
		"SETRANGE k 65535 x", "SETRANGE k 65500 x", "SETRANGE k 100 x",
	} {
		te.do("DEL k")
		te.do(line)
		h := entry(te.DB(0).keys.Find([]byte("k")))
		if room := len(h.inlineRoom()); room > maxInline+maxInline/4 {
			t.Errorf("%s: a block of %d bytes claims room for %d", line, h.valLen, room)
		}
	}
	te.do("DEL k")
	te.do("SETRANGE k 65535 x")
	te.do("SET k " + strings.Repeat("y", 100_000))
	if h := entry(te.DB(0).keys.Find([]byte("k"))); h.isInline() {
		t.Errorf("a string of %d bytes is inline", h.valLen)
	}
}
