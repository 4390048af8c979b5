package transcript

import (
	"bytes"
	"slices"
	"strings"

	"perigee/engine/resp"
)

// Flatten turns a RESP3 reply into what RESP2 would have been: maps, sets and
// pushes into arrays, doubles and verbatim texts into strings, booleans into
// integers.
func Flatten(v resp.Value) resp.Value {
	switch v.Kind {
	case resp.KindMap, resp.KindSet, resp.KindPush:
		v.Kind = resp.KindArray
	case resp.KindDouble, resp.KindVerbatim, resp.KindBigNumber:
		v.Kind = resp.KindBulk
	case resp.KindBool:
		v.Kind = resp.KindInt
	case resp.KindNullArray:
		v.Kind = resp.KindNull
	}
	elems := v.Elems
	v.Elems = nil
	for _, e := range elems {
		v.Elems = append(v.Elems, Flatten(e))
	}
	return v
}

// FlattenPairs joins the pairs of a RESP3 reply of members with scores or
// fields with values, which RESP2 does not nest.
func FlattenPairs(args [][]byte, v resp.Value) resp.Value {
	if v.Kind != resp.KindArray || !repliesPairs(args) {
		return v
	}
	var flat []resp.Value
	for _, e := range v.Elems {
		if e.Kind != resp.KindArray || len(e.Elems) != 2 {
			return v
		}
		flat = append(flat, e.Elems...)
	}
	v.Elems = flat
	return v
}

// nestMap turns the map of a RESP3 reply of streams with their entries into
// pairs, as RESP2 has them.
func nestMap(args [][]byte, v resp.Value) resp.Value {
	if v.Kind != resp.KindMap || len(args) == 0 || !strings.HasPrefix(strings.ToLower(string(args[0])), "xread") {
		return v
	}
	var pairs []resp.Value
	for pair := range slices.Chunk(v.Elems, 2) {
		pairs = append(pairs, resp.Value{Kind: resp.KindArray, Elems: pair})
	}
	v.Kind, v.Elems = resp.KindArray, pairs
	return v
}

// repliesPairs tells whether a command replies with pairs.
func repliesPairs(args [][]byte) bool {
	if len(args) == 0 {
		return false
	}
	switch strings.ToLower(string(args[0])) {
	case "zpopmin", "zpopmax":
		return len(args) == 3
	}
	return slices.ContainsFunc(args, func(a []byte) bool {
		word := strings.ToLower(string(a))
		return word == "withscores" || word == "withvalues"
	})
}

// unordered is how many elements belong together in replies whose order means
// nothing.
var unordered = map[string]int{
	"smembers": 1, "sinter": 1, "sunion": 1, "sdiff": 1, "keys": 1, "hkeys": 1, "hvals": 1, "hgetall": 2,
	"pubsub channels": 1, "pubsub shardchannels": 1, "config get": 2, "command list": 1,
}

// Sort sorts a reply whose order means nothing, that of a scan's elements
// included.
func Sort(args [][]byte, v *resp.Value) {
	if len(args) == 0 || v.Kind == resp.KindError {
		return
	}
	name := strings.ToLower(string(args[0]))
	if len(args) > 1 && unordered[name] == 0 {
		name += " " + strings.ToLower(string(args[1]))
	}
	switch strings.Fields(name)[0] {
	case "scan", "sscan":
		if len(v.Elems) == 2 {
			sortElems(v.Elems[1].Elems, 1)
		}
		return
	case "hscan", "zscan":
		if len(v.Elems) == 2 {
			sortElems(v.Elems[1].Elems, 2)
		}
		return
	}
	size := unordered[name]
	if size == 0 {
		return
	}
	sortElems(v.Elems, size)
}

// sortElems sorts runs of size elements by the first of each.
func sortElems(elems []resp.Value, size int) {
	if len(elems)%size != 0 {
		return
	}
	runs := slices.Collect(slices.Chunk(slices.Clone(elems), size))
	slices.SortStableFunc(runs, func(a, b []resp.Value) int { return bytes.Compare(a[0].Str, b[0].Str) })
	n := 0
	for _, run := range runs {
		n += copy(elems[n:], run)
	}
}
