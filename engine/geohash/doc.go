// Package geohash puts points of the earth on a line, as scores of a sorted
// set, and finds the pieces of the line that an area is on.
//
// A Hash has 26 bits of longitude and 26 of latitude, in turns, the highest
// first and longitude leading, so that all points of a cell, whose hashes
// begin alike, follow each other. Latitudes end at ±85.05112878, where the
// Mercator projection is square. An area is searched by its own cell and the
// eight around it, at a precision at which these cover it (cover.go).
//
// Distances are on a sphere, by the haversine formula. They are part of what is
// stored and shown, to the last digit, so that sine, cosine and arc sine are
// rounded correctly (trig.go), as C libraries' nearly always are; Go's are not.
package geohash
