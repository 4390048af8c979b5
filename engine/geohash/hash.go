package geohash

// Bounds of the points that have a hash.
const (
	MaxLongitude = 180.0
	MaxLatitude  = 85.05112878
)

// precision is the bits of each coordinate in a whole hash.
const precision = 26

// Point is in degrees.
type Point struct{ Longitude, Latitude float64 }

// Valid tells whether p has a hash.
func (p Point) Valid() bool {
	return p.Longitude >= -MaxLongitude && p.Longitude <= MaxLongitude && p.Latitude >= -MaxLatitude && p.Latitude <= MaxLatitude
}

// Hash is a cell of whole precision: 52 bits, but the cell beyond the last for
// a coordinate at its upper bound.
type Hash uint64

// HashOf returns the cell of a valid point.
func HashOf(p Point) Hash { return Hash(cellOf(p, MaxLatitude, precision).bits) }

// OfScore returns the hash that a score stands for; scores that no point has
// become one as C converts doubles on the usual machines.
func OfScore(score float64) Hash {
	switch {
	case score >= -1<<63 && score < 1<<63:
		return Hash(int64(score))
	case score >= 1<<63 && score < 1<<64:
		return Hash(int64(score-1<<63)) ^ 1<<63
	case score > 0:
		return 0
	}
	return 1 << 63
}

// Point returns the middle of the cell.
func (h Hash) Point() Point {
	a := cell{uint64(h), precision}.area()
	return Point{
		Longitude: max(min((a.minLon+a.maxLon)/2, MaxLongitude), -MaxLongitude),
		Latitude:  max(min((a.minLat+a.maxLat)/2, MaxLatitude), -MaxLatitude),
	}
}

// String returns the geohash that others understand: 11 characters, of which
// the last would need more bits than there are. Its latitudes go up to 90.
func (h Hash) String() string {
	const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"
	bits := cellOf(h.Point(), 90, precision).bits
	text := []byte("00000000000")
	for i := range 10 {
		text[i] = alphabet[bits>>(2*precision-5*(i+1))&31]
	}
	return string(text)
}

// cell is what the highest bits of a hash say: step of each coordinate.
type cell struct {
	bits uint64
	step uint
}

func cellOf(p Point, maxLatitude float64, step uint) cell {
	scale := float64(uint64(1) << step)
	lon := (p.Longitude + MaxLongitude) / (2 * MaxLongitude) * scale
	lat := (p.Latitude + maxLatitude) / (2 * maxLatitude) * scale
	return cell{spread(uint32(lat)) | spread(uint32(lon))<<1, step}
}

// area is what a cell covers.
type area struct{ minLon, maxLon, minLat, maxLat float64 }

// area is exact in the order of its operations: coordinates are shown with all
// their digits.
func (c cell) area() area {
	at := func(n uint32, more, bound float64) float64 {
		part := (float64(n) + more) / float64(uint64(1)<<c.step)
		return -bound + float64(part*(2*bound))
	}
	lat, lon := gather(c.bits), gather(c.bits>>1)
	return area{at(lon, 0, MaxLongitude), at(lon, 1, MaxLongitude), at(lat, 0, MaxLatitude), at(lat, 1, MaxLatitude)}
}

// beside returns the cell so many to the east and to the north, around the
// ends. A coordinate in the cell beyond the last stays there unless it moves.
func (c cell) beside(east, north int) cell {
	mask := uint32(1)<<c.step - 1
	lat, lon := gather(c.bits), gather(c.bits>>1)
	if north != 0 {
		lat = (lat + uint32(north)) & mask
	}
	if east != 0 {
		lon = (lon + uint32(east)) & mask
	}
	return cell{spread(lat) | spread(lon)<<1, c.step}
}

// spread puts a zero before each bit of n.
func spread(n uint32) uint64 {
	x := uint64(n)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x | x<<4) & 0x0f0f0f0f0f0f0f0f
	x = (x | x<<2) & 0x3333333333333333
	return (x | x<<1) & 0x5555555555555555
}

// gather takes back spread, ignoring the other bits.
func gather(x uint64) uint32 {
	x &= 0x5555555555555555
	x = (x | x>>1) & 0x3333333333333333
	x = (x | x>>2) & 0x0f0f0f0f0f0f0f0f
	x = (x | x>>4) & 0x00ff00ff00ff00ff
	x = (x | x>>8) & 0x0000ffff0000ffff
	return uint32(x | x>>16)
}

// degree is in radians, rounded as C does it: π first, then the quotient.
const degree = 0.017453292519943295

func radians(degrees float64) float64 { return degrees * degree }

func degrees(radians float64) float64 { return radians / degree }
