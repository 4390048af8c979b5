package resp

// Ahead is what a Framer has read of a pipeline before it is asked for, so that a server can prepare for several commands
// at once. One serves all connections that are read in turn. The zero value is ready.
type Ahead struct {
	argv   [][][]byte // The arguments of each command.
	sizes  []int      // The bytes of each.
	arena  [][]byte   // Where the arguments lie.
	handed int        // How many Next has handed out.
}

const (
	// maxAhead bounds the commands that are read ahead, and aheadArgs the arguments of each.
	maxAhead  = 16
	aheadArgs = 16
)

// Ahead reads the whole commands at the start of buf into a, a few at most, and returns the arguments of each. The next
// calls of Next hand them out, as long as buf stays in place and unchanged; a caller that moves it, or wants no more of
// them, calls Forget before anything else. What is unusual or wrong is left for Next to find, as is all of a client that
// has not authenticated itself, or no longer has, to whom other bounds apply.
func (f *Framer) Ahead(buf []byte, lim *Limits, a *Ahead) [][][]byte {
	if f.phase != between || f.err != nil || !lim.Authenticated {
		return nil
	}
	a.reset()
	f.ahead = a
	for len(a.argv) < maxAhead && len(buf) > 0 && buf[0] == '*' {
		f.begin('*')
		size, err := f.command(buf, lim)
		if err != nil || size == 0 || len(f.args) == 0 || len(f.args) > aheadArgs {
			break
		}
		a.add(f.args, size)
		buf = buf[size:]
	}
	f.phase = between
	return a.argv
}

// Drained says that Next has handed out all that was read ahead.
func (f *Framer) Drained() bool { return f.ahead == nil || f.ahead.handed == len(f.ahead.argv) }

// Forget drops what was read ahead and not handed out: the next call of Next reads it again.
func (f *Framer) Forget() {
	if f.ahead != nil {
		f.ahead.reset()
		f.ahead = nil
	}
}

func (a *Ahead) add(args [][]byte, size int) {
	from := len(a.arena)
	a.arena = append(a.arena, args...)
	a.argv = append(a.argv, a.arena[from:len(a.arena):len(a.arena)])
	a.sizes = append(a.sizes, size)
}

func (a *Ahead) next() (args [][]byte, size int) {
	a.handed++
	return a.argv[a.handed-1], a.sizes[a.handed-1]
}

// reset empties a, which then holds on to no buffer.
func (a *Ahead) reset() {
	clear(a.arena)
	clear(a.argv) // the first may lie in an arena that became too small
	a.argv, a.sizes, a.arena, a.handed = a.argv[:0], a.sizes[:0], a.arena[:0], 0
}
