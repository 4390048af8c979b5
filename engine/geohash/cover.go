package geohash

import "math"

// Area is a circle or a box around a point; Unit is in metres, what else is
// long is in units.
type Area struct {
	Center        Point
	Circle        bool
	Radius        float64 // of a circle
	Width, Height float64 // of a box
	Unit          float64
}

// Range is the hashes from From on, up to but without To.
type Range struct{ From, To Hash }

// Ranges returns where points of the area may be: at most nine ranges, in the
// order in which they are searched, the one of the center first. What is in
// them is near the area, no more: see Contains.
func (a *Area) Ranges() []Range {
	box := a.bounds()
	step := a.step()
	own := cellOf(a.Center, MaxLatitude, step)
	if step > 1 && !own.reaches(box) {
		step--
		own = cellOf(a.Center, MaxLatitude, step)
	}
	return own.around(box)
}

// reaches tells whether a cell and its neighbours cover all of box.
func (c cell) reaches(box area) bool {
	north, south := c.beside(0, 1).area(), c.beside(0, -1).area()
	east, west := c.beside(1, 0).area(), c.beside(-1, 0).area()
	return !(north.maxLat < box.maxLat || south.minLat > box.minLat || east.maxLon < box.maxLon || west.minLon > box.minLon)
}

// around returns the ranges of c and of those of its neighbours that may reach
// into box. A very large cell is its own neighbour's neighbour: the same range
// is not repeated.
func (c cell) around(box area) []Range {
	at := c.area()
	var ranges []Range
	var last cell
	for i, to := range [9]struct{ east, north int }{{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}} {
		useless := to.north < 0 && at.minLat < box.minLat || to.north > 0 && at.maxLat > box.maxLat ||
			to.east < 0 && at.minLon < box.minLon || to.east > 0 && at.maxLon > box.maxLon
		n := c.beside(to.east, to.north)
		if c.step >= 2 && useless || n == last {
			continue
		}
		if i > 0 {
			last = n
		}
		shift := 2 * (precision - c.step)
		ranges = append(ranges, Range{Hash(n.bits << shift), Hash((n.bits + 1) << shift)})
	}
	return ranges
}

// bounds is a box in degrees around the area. The meridians are nearer to each
// other at the side that is further from the equator.
func (a *Area) bounds() area {
	width, height := a.Radius, a.Radius
	if !a.Circle {
		width, height = a.Width/2, a.Height/2
	}
	lat := degrees(height * a.Unit / earthRadius)
	side := a.Center.Latitude + lat
	if a.Center.Latitude < 0 {
		side = a.Center.Latitude - lat
	}
	lon := degrees(width * a.Unit / earthRadius / math.Cos(radians(side)))
	return area{a.Center.Longitude - lon, a.Center.Longitude + lon, a.Center.Latitude - lat, a.Center.Latitude + lat}
}

// mercator is half the width of the map, in metres.
const mercator = 20037726.37

// step returns the precision at which a cell with its neighbours covers the
// area, as a rule.
func (a *Area) step() uint {
	radius := a.Radius
	if !a.Circle {
		radius = math.Sqrt(float64(a.Width/2*(a.Width/2)) + float64(a.Height/2*(a.Height/2)))
	}
	radius *= a.Unit
	if radius == 0 {
		return precision
	}
	step := -1
	for ; radius < mercator && step < precision+2; radius *= 2 {
		step++
	}
	// Cells are narrower towards the poles.
	switch latitude := math.Abs(a.Center.Latitude); {
	case latitude > 80:
		step -= 2
	case latitude > 66:
		step--
	}
	return uint(max(min(step, precision), 1))
}

// Finder tells points inside an area from those outside.
type Finder struct {
	area   *Area
	center origin
	// Further apart in latitude alone, points are outside a circle: the
	// distance itself, which costs more, is not less by what is left out here.
	far float64
}

// Finder returns a finder for the area, which must not change.
func (a *Area) Finder() Finder {
	return Finder{a, newOrigin(a.Center), a.Radius * a.Unit * (1 + 1e-9)}
}

// Contains tells whether p is inside, its border included, and how many metres
// from the center.
func (f *Finder) Contains(p Point) (distance float64, inside bool) {
	apart := f.center.latitudes(p)
	if f.area.Circle {
		if apart > f.far {
			return 0, false
		}
		distance = f.center.distance(p)
		return distance, !(distance > f.area.Radius*f.area.Unit)
	}
	if apart > f.area.Height*f.area.Unit/2 {
		return 0, false
	}
	if Distance(p, Point{f.center.Longitude, p.Latitude}) > f.area.Width*f.area.Unit/2 {
		return 0, false
	}
	return f.center.distance(p), true
}
