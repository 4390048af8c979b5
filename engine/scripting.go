package engine

// Scripting is what the engine needs of whoever runs scripts.
type Scripting interface {
	// Busy is the error for commands of others while a script overruns.
	Busy() error
}

// UseScripting tells the engine who runs scripts.
func (e *Engine) UseScripting(s Scripting) { e.scripting = s }
