package engine

import (
	"bytes"
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
