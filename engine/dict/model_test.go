package dict

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// machine runs a table beside a map; ops are drawn by rapid or by the fuzzer.
type machine struct {
	table *Table
	model map[string]int
	step  int
}

func newMachine() *machine {
	return &machine{table: New(keyOfItem), model: map[string]int{}}
}

func (m *machine) replace(key string) error {
	m.step++
	want, had := m.model[key]
	old := m.table.Replace([]byte(key), newItem(key, m.step))
	m.model[key] = m.step
	if had != (old != nil) || had && (*item)(old).value != want {
		return fmt.Errorf("replace %q: had %v, got %v", key, had, old != nil)
	}
	return nil
}

func (m *machine) delete(key string) error {
	want, had := m.model[key]
	old := m.table.Delete([]byte(key))
	delete(m.model, key)
	if had != (old != nil) || had && (*item)(old).value != want {
		return fmt.Errorf("delete %q: had %v, got %v", key, had, old != nil)
	}
	return nil
}

func (m *machine) find(key string) error {
	want, had := m.model[key]
	e := m.table.Find([]byte(key))
	if had != (e != nil) || had && (*item)(e).value != want {
		return fmt.Errorf("find %q: has %v, got %v", key, had, e != nil)
	}
	return nil
}

func (m *machine) check() error {
	if m.table.Len() != len(m.model) {
		return fmt.Errorf("length %d, want %d", m.table.Len(), len(m.model))
	}
	for key := range m.model {
		if err := m.find(key); err != nil {
			return err
		}
	}
	return m.table.check()
}

func TestTableAgreesWithMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine()
		keys := rapid.Custom(func(t *rapid.T) string {
			return fmt.Sprint("k", rapid.IntRange(0, 400).Draw(t, "key"))
		})
		on := func(label string, op func(string) error) func(*rapid.T) {
			return func(t *rapid.T) {
				if err := op(keys.Draw(t, label)); err != nil {
					t.Fatal(err)
				}
			}
		}
		many := func(label string, op func(string) error) func(*rapid.T) {
			return func(t *rapid.T) {
				from := rapid.IntRange(0, 400).Draw(t, label)
				for i := range rapid.IntRange(1, 300).Draw(t, "count") {
					if err := op(fmt.Sprint("k", (from+i)%400)); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"replace":     on("replace", m.replace),
			"delete":      on("delete", m.delete),
			"find":        on("find", m.find),
			"replaceMany": many("replaceMany", m.replace),
			"deleteMany":  many("deleteMany", m.delete),
			"rehash":      func(t *rapid.T) { m.table.Rehash(rapid.IntRange(0, 20).Draw(t, "buckets")) },
			"reserve":     func(t *rapid.T) { m.table.Reserve(rapid.IntRange(-1, 1000).Draw(t, "room")) },
			"random": func(t *rapid.T) {
				e := m.table.Random(func() uint64 { return rapid.Uint64().Draw(t, "rnd") })
				if (e == nil) != (len(m.model) == 0) {
					t.Fatal("random entry of an empty table, or none of a full one")
				}
			},
			"": func(t *rapid.T) {
				if err := m.check(); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

// Entries that stay through a scan are met, whatever comes and goes between.
func TestScanMeetsWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stays := rapid.IntRange(0, 300).Draw(t, "stays")
		extra := rapid.IntRange(0, 3000).Draw(t, "extra")
		table := filled(stays + extra)
		met := map[string]bool{}
		next, gone := stays+extra, stays // keys from gone to next-1 come and go
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			cursor = table.Scan(cursor, func(e Entry) { met[keyString(e)] = true })
			switch n := rapid.IntRange(0, 200).Draw(t, "n"); rapid.IntRange(0, 4).Draw(t, "op") {
			case 0:
				for range n {
					insert(table, fmt.Sprintf("k%d", next))
					next++
				}
			case 1, 2:
				for range min(n, next-gone) {
					table.Delete([]byte(fmt.Sprintf("k%d", gone)))
					gone++
				}
			case 3:
				table.Reserve(10 * n)
			}
		}
		for i := range stays {
			if !met[fmt.Sprintf("k%d", i)] {
				t.Fatalf("k%d was not met", i)
			}
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("abcdefgABCDEFG"))
	f.Fuzz(func(t *testing.T, ops []byte) {
		m := newMachine()
		for i := 0; i+1 < len(ops); i += 2 {
			key, op := string(ops[i+1:i+2]), m.replace
			if ops[i]&1 == 1 {
				op = m.delete
			}
			for n := range int(ops[i]>>1)%8 + 1 {
				if err := op(key + fmt.Sprint(n)); err != nil {
					t.Fatal(err)
				}
			}
			m.table.Scan(uint64(ops[i])<<56|uint64(ops[i+1]), func(Entry) {})
		}
		if err := m.check(); err != nil {
			t.Fatal(err)
		}
	})
}
