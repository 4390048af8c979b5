package engine

import "slices"

func lcsCommands() []Command {
	return []Command{{
		Name: "lcs", Group: GroupString, Since: "7.0.0",
		Summary:    "Finds the longest common subsequence of two strings.",
		Complexity: "O(N*M) where N and M are the lengths of the strings.",
		Args: []Arg{Key("key1"), Key("key2"),
			Opt(Word("len", "LEN")), Opt(Word("idx", "IDX")),
			Opt(With("MINMATCHLEN", Integer("min-match-len"))), Opt(Word("withmatchlen", "WITHMATCHLEN"))},
		Arity: -3, Flags: ReadOnly, Keys: KeyRange(1, 1, 1, RO|Access),
		Run: lcs,
	}}
}

// lcsOptions are what may follow the two keys of LCS.
type lcsOptions struct {
	length       bool
	index        bool
	minMatchLen  int64
	withMatchLen bool
}

func parseLCSOptions(args Args) (lcsOptions, error) {
	var o lcsOptions
	for i := 0; i < len(args); i++ {
		switch {
		case args.Is(i, "IDX"):
			o.index = true
		case args.Is(i, "LEN"):
			o.length = true
		case args.Is(i, "WITHMATCHLEN"):
			o.withMatchLen = true
		case args.Is(i, "MINMATCHLEN") && i+1 < len(args):
			i++
			n, err := args.Int(i)
			if err != nil {
				return o, err
			}
			o.minMatchLen = n
		default:
			return o, ErrSyntax
		}
	}
	if o.index && o.length {
		return o, Errf("If you want both the length and indexes, please just use IDX.")
	}
	return o, nil
}

// lcs replies with the subsequence, its length, or where in both strings its
// runs are, from the last to the first.
func lcs(ks *Keyspace, args Args, w Reply) error {
	a, _, errA := ks.String(args.Key(0))
	b, _, errB := ks.String(args.Key(1))
	if errA != nil || errB != nil {
		return Errf("The specified keys must contain string values")
	}
	o, err := parseLCSOptions(args[2:])
	if err != nil {
		return err
	}
	// The bound is Redis's: four bytes for each cell of the table.
	if cells := (len(a) + 1) * (len(b) + 1); cells > ks.e.settings.MaxBulkLen/4 {
		return Errf("Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")
	}
	t := newLCSTable(a, b)
	switch {
	case o.index:
		o.replyRuns(t, w)
	case o.length:
		w.Int(int64(t.at(len(a), len(b))))
	default:
		w.Bulk(t.subsequence())
	}
	return nil
}

func (o *lcsOptions) replyRuns(t *lcsTable, w Reply) {
	runs := slices.DeleteFunc(t.runs(), func(r run) bool { return int64(r.n) < o.minMatchLen })
	w.Map(2)
	w.BulkString("matches")
	w.Array(len(runs))
	for _, r := range runs {
		if o.withMatchLen {
			w.Array(3)
		} else {
			w.Array(2)
		}
		for _, start := range [2]int{r.a, r.b} {
			w.Array(2)
			w.Int(int64(start))
			w.Int(int64(start + r.n - 1))
		}
		if o.withMatchLen {
			w.Int(int64(r.n))
		}
	}
	w.BulkString("len")
	w.Int(int64(t.at(len(t.a), len(t.b))))
}

// lcsTable holds, for every pair of prefixes of two strings, the length of
// their longest common subsequence.
type lcsTable struct {
	a, b  []byte
	cells []uint32
}

func newLCSTable(a, b []byte) *lcsTable {
	row := len(b) + 1
	t := &lcsTable{a: a, b: b, cells: make([]uint32, (len(a)+1)*row)}
	for i := range a {
		above, here := t.cells[i*row:(i+1)*row], t.cells[(i+1)*row:(i+2)*row]
		for j := range b {
			if a[i] == b[j] {
				here[j+1] = above[j] + 1
			} else {
				here[j+1] = max(above[j+1], here[j])
			}
		}
	}
	return t
}

// at is the length for the first i bytes of a and the first j of b.
func (t *lcsTable) at(i, j int) uint32 { return t.cells[i*(len(t.b)+1)+j] }

// A run is n equal bytes at a in one string and at b in the other.
type run struct{ a, b, n int }

// runs returns the contiguous parts of the subsequence, the last one first.
// Among subsequences of equal length the choice is Redis's.
func (t *lcsTable) runs() []run {
	var runs []run
	n := 0
	i, j := len(t.a), len(t.b)
	end := func() {
		if n > 0 {
			runs = append(runs, run{i, j, n})
		}
		n = 0
	}
	for i > 0 && j > 0 {
		if t.a[i-1] == t.b[j-1] {
			i, j, n = i-1, j-1, n+1
			continue
		}
		end()
		if t.at(i-1, j) > t.at(i, j-1) {
			i--
		} else {
			j--
		}
	}
	end()
	return runs
}

func (t *lcsTable) subsequence() []byte {
	var s []byte
	for _, r := range slices.Backward(t.runs()) {
		s = append(s, t.a[r.a:r.a+r.n]...)
	}
	return s
}
