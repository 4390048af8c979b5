//go:build dictcheck

package dict

import "fmt"

const checked = true

func (t *Table) mustBeAbsent(key []byte) {
	if t.Find(key) != nil {
		panic(fmt.Sprintf("dict: key %q inserted twice", key))
	}
}
