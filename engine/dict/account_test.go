package dict

import (
	"testing"

	"pgregory.net/rapid"
)

// TestTheAccountIsWhatIsThere compares the running account with a recount.
func TestTheAccountIsWhatIsThere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := map[Entry]int{}
		total := int64(7)
		table := New(keyOfItem).Count(func(e Entry) int { return sizes[e] }, &total)
		t.Repeat(map[string]func(*rapid.T){
			"replace": func(t *rapid.T) {
				e := Entry(&item{key: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "key")})
				sizes[e] = rapid.IntRange(1, 1000).Draw(t, "size")
				table.Replace(keyOfItem(e), e)
			},
			"delete": func(t *rapid.T) { table.Delete([]byte(rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "key"))) },
			"resize": func(t *rapid.T) {
				if e := table.Find([]byte("a")); e != nil {
					sizes[e] += 5
					table.Resized(5)
				}
			},
			"grow": func(t *rapid.T) { table.Reserve(rapid.IntRange(0, 20000).Draw(t, "n")) },
			"move": func(t *rapid.T) { table.Rehash(rapid.IntRange(0, 100).Draw(t, "n")) },
			"": func(t *rapid.T) {
				want := int64(0)
				table.Each(func(e Entry) bool { want += int64(sizes[e]); return true })
				if table.Blocks() != want || total != 7+table.Counted() {
					t.Fatalf("blocks %d, want %d; total %d, want 7 more than %d", table.Blocks(), want, total, table.Counted())
				}
			},
		})
		table.countStorage()
		if got := table.Counted() - table.Blocks(); got != table.storage() {
			t.Fatalf("storage %d, counted %d", table.storage(), got)
		}
	})
}
