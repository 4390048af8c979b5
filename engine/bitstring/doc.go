// Package bitstring reads and combines byte strings as strings of bits: bit 0
// is the highest bit of the first byte. It counts and finds bits, combines
// whole strings, and holds integers of any width at any offset. Nothing here
// allocates but Combine, for its result.
package bitstring
