package scripting

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"perigee/engine"
	"perigee/engine/resp"
)

// twoReplies writes a reply twice: for the script, and for its debugger.
type twoReplies struct{ a, b engine.Reply }

func (t twoReplies) Status(s string)         { t.a.Status(s); t.b.Status(s) }
func (t twoReplies) Error(code, text string) { t.a.Error(code, text); t.b.Error(code, text) }
func (t twoReplies) Int(n int64)             { t.a.Int(n); t.b.Int(n) }
func (t twoReplies) Bulk(b []byte)           { t.a.Bulk(b); t.b.Bulk(b) }
func (t twoReplies) BulkString(s string)     { t.a.BulkString(s); t.b.BulkString(s) }
func (t twoReplies) Double(f float64)        { t.a.Double(f); t.b.Double(f) }
func (t twoReplies) DoubleText(text []byte)  { t.a.DoubleText(text); t.b.DoubleText(text) }
func (t twoReplies) Bool(b bool)             { t.a.Bool(b); t.b.Bool(b) }
func (t twoReplies) Null()                   { t.a.Null(); t.b.Null() }
func (t twoReplies) NullArray()              { t.a.NullArray(); t.b.NullArray() }
func (t twoReplies) Array(n int)             { t.a.Array(n); t.b.Array(n) }
func (t twoReplies) Map(n int)               { t.a.Map(n); t.b.Map(n) }
func (t twoReplies) Set(n int)               { t.a.Set(n); t.b.Set(n) }
func (t twoReplies) Pairs(n int)             { t.a.Pairs(n); t.b.Pairs(n) }
func (t twoReplies) Pair()                   { t.a.Pair(); t.b.Pair() }
func (t twoReplies) NestedMap(n int)         { t.a.NestedMap(n); t.b.NestedMap(n) }
func (t twoReplies) NestedPair()             { t.a.NestedPair(); t.b.NestedPair() }
func (t twoReplies) Verbatim(format string, b []byte) {
	t.a.Verbatim(format, b)
	t.b.Verbatim(format, b)
}
func (t twoReplies) BigNumber(s string) { t.a.BigNumber(s); t.b.BigNumber(s) }
func (t twoReplies) Push(n int)         { t.a.Push(n); t.b.Push(n) }

// shownReply shows a reply as redis-cli's Lua debugger does.
type shownReply struct {
	bound int // bytes; what is beyond may be missing
	resp3 bool
	out   []byte
}

// replyText is the text of an encoded reply.
func replyText(encoded []byte, resp3 bool, bound int) string {
	reply, err := resp.NewReader(bytes.NewReader(encoded)).Read()
	if err != nil {
		panic("a reply that cannot be read: " + err.Error())
	}
	s := shownReply{bound: bound, resp3: resp3}
	s.value(reply)
	return string(s.out)
}

func (s *shownReply) value(v resp.Value) {
	switch v.Kind {
	case resp.KindStatus, resp.KindError:
		s.out = resp.AppendQuoted(s.out, append([]byte{byte(v.Kind)}, v.Str...))
	case resp.KindInt:
		s.out = strconv.AppendInt(s.out, v.Int, 10)
	case resp.KindBulk, resp.KindVerbatim, resp.KindBigNumber:
		s.out = resp.AppendQuoted(s.out, v.Str[:min(len(v.Str), s.bound)])
	case resp.KindNull, resp.KindNullArray:
		if s.resp3 {
			s.out = append(s.out, "(null)"...)
		} else {
			s.out = append(s.out, "NULL"...)
		}
	case resp.KindBool:
		s.out = append(s.out, map[int64]string{0: "#false", 1: "#true"}[v.Int]...)
	case resp.KindDouble:
		s.out = append(append(s.out, "(double) "...), v.Str...)
	case resp.KindMap:
		s.elements("{", v.Elems, " => ", "}")
	case resp.KindSet:
		s.elements("~(", v.Elems, ",", ")")
	default:
		s.elements("[", v.Elems, ",", "]")
	}
}

// elements joins elements by a comma, every second one to the one before it by
// another text.
func (s *shownReply) elements(begin string, elems []resp.Value, second, end string) {
	s.out = append(s.out, begin...)
	for i, e := range elems {
		switch {
		case len(s.out) > s.bound:
			return
		case i%2 == 1:
			s.out = append(s.out, second...)
		case i > 0:
			s.out = append(s.out, ',')
		}
		s.value(e)
	}
	s.out = append(s.out, end...)
}

// maxLoggedArguments is how many arguments of a command the debugger shows.
const maxLoggedArguments = 10

// commandLine shows a command that a script calls.
func commandLine(argv [][]byte) string {
	var b strings.Builder
	for i, arg := range argv {
		if i == maxLoggedArguments {
			fmt.Fprintf(&b, " ... (%d more)", len(argv)-i-1)
			break
		}
		b.WriteByte(' ')
		b.Write(arg)
	}
	return b.String()
}
