// Package sizeclass tells how many bytes the allocator takes for a block, which
// is what an account of memory must count. It asks the allocator itself once,
// when the program starts, and needs no further allocation.
package sizeclass

const (
	fineMax, fineStep     = 1024, 8 // every class up to fineMax is a multiple of fineStep
	coarseMax, coarseStep = 32 << 10, 128
	page                  = 8 << 10 // larger blocks are whole pages
	tinyMax               = 16      // smaller blocks without pointers share one of this size

	// headerFrom is the size above which a small block with pointers begins
	// with a word that says where they are.
	headerFrom, headerSize = 512, 8
)

// classes holds the class of each size, by steps.
type classes struct {
	fine   [fineMax/fineStep + 1]uint16
	coarse [(coarseMax-fineMax)/coarseStep + 1]uint16
}

// sizes never changes.
var sizes = measure()

// measure makes a block just larger than each class in turn.
func measure() *classes {
	c := &classes{}
	class := 0
	for n := 1; n <= coarseMax; n++ {
		if n > class {
			class = cap(append([]byte(nil), make([]byte, n)...))
		}
		switch {
		case n <= fineMax && n%fineStep == 0:
			c.fine[n/fineStep] = uint16(class)
		case n > fineMax && n%coarseStep == 0:
			c.coarse[(n-fineMax)/coarseStep] = uint16(class)
		}
	}
	return c
}

// Of returns the bytes taken by a block of n bytes without pointers. O(1).
func Of(n int) int {
	switch {
	case n <= fineMax:
		if n < tinyMax {
			return tiny(n)
		}
		return int(sizes.fine[(n+fineStep-1)/fineStep])
	case n <= coarseMax:
		return int(sizes.coarse[(n-fineMax+coarseStep-1)/coarseStep])
	}
	return (n + page - 1) &^ (page - 1)
}

// tiny is the share that a block has of one that it fills with its like.
func tiny(n int) int {
	if n <= 0 {
		return 0
	}
	return tinyMax / (tinyMax / n)
}

// WithPointers is Of for a block that holds pointers.
func WithPointers(n int) int {
	switch {
	case n <= 0:
		return 0
	case n <= fineStep:
		return fineStep
	case n > headerFrom && n <= coarseMax-headerSize:
		return Of(n + headerSize)
	}
	return Of(max(n, tinyMax))
}
