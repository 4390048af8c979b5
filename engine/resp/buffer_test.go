package resp

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestBufferIsAQueueOfBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Buffer
		var model []byte
		next := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"read": func(t *rapid.T) {
				space := b.Free(rapid.SampledFrom([]int{0, 1, 100, 5000, 3 << 20}).Draw(t, "need"))
				if len(space) == 0 {
					t.Fatal("no space")
				}
				n := min(len(space), rapid.IntRange(0, 6000).Draw(t, "n"))
				for i := range n {
					next++
					space[i] = next
				}
				b.Wrote(n)
				model = append(model, space[:n]...)
			},
			"append": func(t *rapid.T) {
				p := rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "p")
				b.Append(p, rapid.SampledFrom([]int{0, 10000}).Draw(t, "need"))
				model = append(model, p...)
			},
			"consume": func(t *rapid.T) {
				n := rapid.IntRange(0, b.Len()).Draw(t, "n")
				b.Consume(n)
				model = model[n:]
			},
			"consume all": func(*rapid.T) { b.Consume(b.Len()); model = nil },
			"release":     func(*rapid.T) { b.Release() },
			"": func(t *rapid.T) {
				if !bytes.Equal(b.Bytes(), model) || b.Len() != len(model) {
					t.Fatalf("holds %d bytes, want %d", b.Len(), len(model))
				}
			},
		})
	})
}

func TestBufferBelievesOnlySoMuch(t *testing.T) {
	var b Buffer
	need := 512 << 20
	b.Append([]byte("*1\r\n$536870890\r\n"), 0)
	b.Free(need)
	if b.Memory() > largeStep {
		t.Errorf("%d bytes for an announcement", b.Memory())
	}
	for b.Len() < 3<<20 {
		b.Wrote(len(b.Free(need)))
	}
	if b.Memory() > 3*b.Len() {
		t.Errorf("%d bytes for %d", b.Memory(), b.Len())
	}
}

func TestBufferMakesRoomForALargeArgument(t *testing.T) {
	var b Buffer
	b.Append([]byte("abc"), 0)
	if got := len(b.Free(300_000)); got < 300_000-3 || got > 400_000 {
		t.Errorf("%d bytes of space", got)
	}
}

func TestBufferGivesMemoryBack(t *testing.T) {
	var b Buffer
	b.Append(make([]byte, 5<<20), 5<<20)
	b.Consume(b.Len())
	if b.Memory() != 0 {
		t.Errorf("holds %d bytes after 5 MB", b.Memory())
	}
	b.Append(make([]byte, 200_000), 200_000)
	b.Consume(b.Len())
	if b.Memory() == 0 {
		t.Error("gave a useful buffer back at once")
	}
	for range calmUses {
		b.Append([]byte("abc"), 0)
		b.Consume(b.Len())
	}
	if b.Memory() != 0 {
		t.Errorf("holds %d bytes after only small commands", b.Memory())
	}
	b.Append([]byte("abc"), 0)
	if b.Release(); b.Len() != 3 {
		t.Error("Release dropped bytes")
	}
	b.Consume(3)
	if b.Release(); b.Memory() != 0 {
		t.Error("Release kept an empty buffer")
	}
}

func TestBufferGrowsWithAPipeline(t *testing.T) {
	var b Buffer
	var f Framer
	lim := DefaultLimits()
	in := strings.Repeat("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$100\r\n"+strings.Repeat("x", 100)+"\r\n", 100)
	reads := 0
	for range 100 {
		for rest := in; len(rest) > 0; reads++ {
			n := copy(b.Free(f.Need()), rest)
			b.Wrote(n)
			rest = rest[n:]
			for args := [][]byte{nil}; args != nil; {
				var consumed int
				args, consumed, _ = f.Next(b.Bytes(), &lim)
				b.Consume(consumed)
			}
		}
	}
	if reads > 150 || b.Memory() > keepAlways {
		t.Errorf("%d reads for 100 batches, %d bytes held", reads, b.Memory())
	}
}
