package scripting

import (
	"math"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// jsonSettings are what cjson's setters change. Each run starts with the defaults: one script's do not reach another's.
type jsonSettings struct {
	sparseConvert        jsonChoice
	sparseRatio          int
	sparseSafe           int
	encodeDepth          int
	decodeDepth          int
	precision            int
	keepBuffer           jsonChoice
	encodeInvalid        jsonChoice // of NaN and infinities
	decodeInvalid        jsonChoice
	decodeArrayMetatable jsonChoice
}

// jsonChoice is a setting that has a word, or a boolean, as its value.
type jsonChoice int

const (
	jsonOff jsonChoice = iota
	jsonOn
	jsonNull
)

// jsonChoices are the words for them.
var jsonChoices = []string{"off", "on", "null"}

func defaultJSON() jsonSettings {
	return jsonSettings{sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14, keepBuffer: jsonOn, decodeInvalid: jsonOn}
}

// jsonLibrary makes a cjson over the settings: the machine's, or those of one that cjson.new made.
func (m *machine) jsonLibrary(settings *jsonSettings) *lua.LTable {
	library := m.library(map[string]lua.LGFunction{
		"decode": func(L *lua.LState) int {
			if L.GetTop() != 1 {
				argError(L, 1, "expected 1 argument")
			}
			d := jsonDecoder{m: m, L: L, settings: settings, src: checkText(L, 1)}
			L.Push(d.document())
			return 1
		},
		"encode": func(L *lua.LState) int {
			if L.GetTop() != 1 {
				argError(L, 1, "expected 1 argument")
			}
			e := jsonEncoder{m: m, L: L, settings: settings, out: m.encoded[:0]}
			e.value(L.Get(1), 0)
			m.claimString(L, len(e.out)-e.claimed)
			L.Push(lua.LString(e.out))
			if cap(e.out) <= maxKeptBuffer {
				m.encoded = e.out
			}
			return 1
		},
		"new": func(L *lua.LState) int {
			own := defaultJSON()
			L.Push(m.jsonLibrary(&own))
			return 1
		},
		"decode_array_with_array_mt": func(L *lua.LState) int { return jsonSwitch(L, &settings.decodeArrayMetatable) },
		"decode_invalid_numbers":     func(L *lua.LState) int { return jsonSwitch(L, &settings.decodeInvalid) },
		"decode_max_depth":           func(L *lua.LState) int { return jsonInteger(L, &settings.decodeDepth, math.MaxInt32) },
		"encode_invalid_numbers": func(L *lua.LState) int {
			checkCount(L, 1)
			settings.encodeInvalid.set(L, jsonChoices)
			return settings.encodeInvalid.push(L)
		},
		"encode_max_depth":        func(L *lua.LState) int { return jsonInteger(L, &settings.encodeDepth, math.MaxInt32) },
		"encode_number_precision": func(L *lua.LState) int { return jsonInteger(L, &settings.precision, 14) },
		"encode_keep_buffer":      func(L *lua.LState) int { return jsonSwitch(L, &settings.keepBuffer) },
		"encode_sparse_array": func(L *lua.LState) int {
			checkCount(L, 3)
			settings.sparseConvert.set(L, jsonChoices[:2])
			settings.sparseRatio = optBetween(L, 2, settings.sparseRatio, 0, math.MaxInt32)
			settings.sparseSafe = optBetween(L, 3, settings.sparseSafe, 0, math.MaxInt32)
			settings.sparseConvert.push(L)
			L.Push(lua.LNumber(settings.sparseRatio))
			L.Push(lua.LNumber(settings.sparseSafe))
			return 3
		},
	})
	library.RawSetString("null", m.null)
	library.RawSetString("_NAME", lua.LString("cjson"))
	library.RawSetString("_VERSION", lua.LString("2.1.0"))
	return library
}

// checkCount refuses more arguments than a setter takes.
func checkCount(L *lua.LState, most int) {
	if L.GetTop() > most {
		argError(L, most+1, "found too many arguments")
	}
}

// set takes the first argument, if there is one.
func (c *jsonChoice) set(L *lua.LState, words []string) {
	switch v := L.Get(1).(type) {
	case *lua.LNilType:
	case lua.LBool:
		*c = jsonChoice(flag(bool(v)))
	default:
		word := cText(checkText(L, 1))
		chosen := slices.Index(words, word)
		if chosen < 0 {
			argError(L, 1, "invalid option '"+word+"'")
		}
		*c = jsonChoice(chosen)
	}
}

// push shows the setting as a script's value: a boolean where it is one.
func (c *jsonChoice) push(L *lua.LState) int {
	if *c <= jsonOn {
		L.Push(lua.LBool(*c == jsonOn))
	} else {
		L.Push(lua.LString(jsonChoices[*c]))
	}
	return 1
}

// jsonSwitch is the setter of a setting that is on or off.
func jsonSwitch(L *lua.LState, setting *jsonChoice) int {
	checkCount(L, 1)
	setting.set(L, jsonChoices[:2])
	return setting.push(L)
}

// optBetween is an integer as C's int holds it. Like Redis, it complains about the first argument, whichever it is.
func optBetween(L *lua.LState, n, otherwise, least, most int) int {
	if isNone(L, n) {
		return otherwise
	}
	value := int(int32(checkInt(L, n)))
	if value < least || value > most {
		argError(L, 1, "expected integer between "+formatNumber(float64(least))+" and "+formatNumber(float64(most)))
	}
	return value
}

// jsonInteger is the setter of a setting that is an integer from 1 on.
func jsonInteger(L *lua.LState, setting *int, most int) int {
	checkCount(L, 1)
	*setting = optBetween(L, 1, *setting, 1, most)
	L.Push(lua.LNumber(*setting))
	return 1
}

const maxKeptBuffer = 64 << 10

// Arrays and objects within each other take places on the stack of Lua's library, whose bound holds for any depth that is set.
const (
	maxStackPlaces = 8000
	arrayPlaces    = 1
	objectPlaces   = 2
)

// jsonEncoder writes one value as JSON.
type jsonEncoder struct {
	m        *machine
	L        *lua.LState
	settings *jsonSettings
	out      []byte
	claimed  int
	places   int // on the stack, of the tables around
}

func (e *jsonEncoder) fail(v lua.LValue, reason string) {
	raise(e.L, "Cannot serialise %s: %s", typeName(v), reason)
}

// grown accounts for what was written, now and then.
func (e *jsonEncoder) grown() {
	e.m.work(e.L, 1)
	if more := len(e.out) - e.claimed; more > 64<<10 {
		e.m.claimString(e.L, more)
		e.claimed = len(e.out)
		if e.claimed > maxStringBytes {
			raise(e.L, "string length overflow")
		}
	}
}

func (e *jsonEncoder) value(v lua.LValue, depth int) {
	e.grown()
	switch v := v.(type) {
	case lua.LString:
		e.text(string(v))
	case lua.LNumber:
		e.number(float64(v))
	case lua.LBool:
		if v {
			e.out = append(e.out, "true"...)
		} else {
			e.out = append(e.out, "false"...)
		}
	case *lua.LTable:
		if depth++; depth > e.settings.encodeDepth || e.places+4 > maxStackPlaces {
			raise(e.L, "Cannot serialise, excessive nesting (%d)", depth)
		}
		e.table(v, depth)
	case *lua.LNilType:
		e.out = append(e.out, "null"...)
	default:
		if v != lua.LValue(e.m.null) {
			e.fail(v, "type not supported")
		}
		e.out = append(e.out, "null"...)
	}
}

func (e *jsonEncoder) number(f float64) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch {
		case e.settings.encodeInvalid == jsonOff:
			e.fail(lua.LNumber(f), "must not be NaN or Inf")
		case e.settings.encodeInvalid == jsonNull:
			e.out = append(e.out, "null"...)
			return
		case math.IsNaN(f):
			e.out = append(e.out, "nan"...)
			return
		}
	}
	if e.settings.precision == 14 {
		e.out = appendNumber(e.out, f)
	} else {
		e.out = appendG(e.out, f, e.settings.precision, false)
	}
}

const hexDigits = "0123456789abcdef"

func (e *jsonEncoder) text(s string) {
	e.out = append(e.out, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		if i%workChunk == workChunk-1 {
			e.m.workBytes(e.L, workChunk)
		}
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c != '/' && c != 127 {
			continue
		}
		e.out = append(e.out, s[from:i]...)
		from = i + 1
		if at := strings.IndexByte("\"\\/\b\f\n\r\t", c); at >= 0 {
			e.out = append(e.out, '\\', `"\/bfnrt`[at])
		} else {
			e.out = append(e.out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	e.out = append(append(e.out, s[from:]...), '"')
}

func (e *jsonEncoder) table(t *lua.LTable, depth int) {
	marked := t.Metatable == lua.LValue(e.m.jsonArray)
	t = e.m.reader(t)
	length, isArray := e.arrayLength(t)
	if isArray && (length > 0 || marked) {
		e.array(t, length, depth)
		return
	}
	e.out = append(e.out, '{')
	e.places += objectPlaces
	// The order is that of next, without a look-up for where the last key was.
	p, first := partsOf(t), true
	for i, v := range *p.array {
		if v != lua.LNil {
			e.field(lua.LNumber(i+1), v, depth, first)
			first = false
		}
	}
	for _, k := range *p.keys {
		if v := t.RawGetH(k); v != lua.LNil {
			e.field(k, v, depth, first)
			first = false
		}
	}
	e.places -= objectPlaces
	e.out = append(e.out, '}')
}

func (e *jsonEncoder) field(k, v lua.LValue, depth int, first bool) {
	if !first {
		e.out = append(e.out, ',')
	}
	switch k := k.(type) {
	case lua.LString:
		e.text(string(k))
	case lua.LNumber:
		e.out = append(e.out, '"')
		e.number(float64(k))
		e.out = append(e.out, '"')
	default:
		e.fail(k, "table key must be a number or string")
	}
	e.out = append(e.out, ':')
	e.value(v, depth)
}

func (e *jsonEncoder) array(t *lua.LTable, length, depth int) {
	e.out = append(e.out, '[')
	e.places += arrayPlaces
	for i := 1; i <= length; i++ {
		if i > 1 {
			e.out = append(e.out, ',')
		}
		if i < lua.MaxArrayIndex {
			e.value(t.RawGetInt(i), depth)
		} else {
			e.value(t.RawGet(lua.LNumber(i)), depth)
		}
	}
	e.places -= arrayPlaces
	e.out = append(e.out, ']')
}

// arrayLength tells whether all keys are whole numbers from 1 on, and the largest one.
func (e *jsonEncoder) arrayLength(t *lua.LTable) (length int, isArray bool) {
	length, items := t.Len(), 0
	p := partsOf(t)
	if length <= e.settings.sparseSafe && len(*p.strdict)+len(*p.dict) == 0 {
		return length, true
	}
	if length == 0 && len(*p.strdict) > 0 && len(*p.dict) == 0 {
		return 0, false
	}
	var after lua.LValue = lua.LNil
	if length > 0 {
		after = lua.LNumber(length)
	}
	beyond, _ := t.Next(after)
	for i := 1; i <= length; i++ {
		if t.RawGetInt(i) != lua.LNil {
			items++
		}
	}
	for k := beyond; k != lua.LNil; k, _ = t.Next(k) {
		n, ok := k.(lua.LNumber)
		if !ok || n < 1 || n != lua.LNumber(math.Floor(float64(n))) || n > math.MaxInt32 {
			return 0, false
		}
		length = max(length, int(n))
		items++
		e.m.work(e.L, 1)
	}
	s := e.settings
	if s.sparseRatio > 0 && length > items*s.sparseRatio && length > s.sparseSafe {
		if s.sparseConvert == jsonOff {
			e.fail(t, "excessively sparse array")
		}
		return 0, false
	}
	return length, true
}
