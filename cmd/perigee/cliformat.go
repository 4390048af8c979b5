package main

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"perigee/engine/resp"
)

// A replyFormat is how a reply is shown, without the last line end.
type replyFormat func(resp.Value) string

// asJSON shows a reply as JSON; bytes that are no text are replaced.
func asJSON(v resp.Value) string { return jsonText(v, jsonString) }

// asQuotedJSON shows a reply as JSON in which bytes that are no ASCII text are
// escaped as redis-cli escapes them elsewhere, so that nothing is lost.
func asQuotedJSON(v resp.Value) string {
	return jsonText(v, func(text []byte) string { return jsonString(unquoted(text)) })
}

// unquoted is how a text is shown in quotes, without these.
func unquoted(text []byte) []byte {
	quoted := resp.AppendQuoted(nil, text)
	return quoted[1 : len(quoted)-1]
}

func jsonString(text []byte) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(string(text)) // a string is always encoded
	return strings.TrimSuffix(b.String(), "\n")
}

func jsonText(v resp.Value, quote func([]byte) string) string {
	switch v.Kind {
	case resp.KindNull, resp.KindNullArray:
		return "null"
	case resp.KindInt:
		return strconv.FormatInt(v.Int, 10)
	case resp.KindBool:
		return strconv.FormatBool(v.Int != 0)
	case resp.KindDouble:
		if json.Valid(v.Str) {
			return string(v.Str)
		}
		return quote(v.Str) // inf and nan are no numbers of JSON
	case resp.KindError:
		return "error:" + quote(v.Str)
	case resp.KindMap:
		var pairs []string
		for i := 0; i+1 < len(v.Elems); i += 2 {
			pairs = append(pairs, jsonKey(v.Elems[i], quote)+":"+jsonText(v.Elems[i+1], quote))
		}
		return "{" + strings.Join(pairs, ",") + "}"
	case resp.KindArray, resp.KindSet, resp.KindPush:
		elements := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			elements[i] = jsonText(e, quote)
		}
		return "[" + strings.Join(elements, ",") + "]"
	}
	return quote(v.Str)
}

// jsonKey is a map's key as a string, as JSON asks for.
func jsonKey(v resp.Value, quote func([]byte) string) string {
	switch v.Kind {
	case resp.KindBulk, resp.KindStatus, resp.KindVerbatim:
		return quote(v.Str)
	}
	return jsonString([]byte(jsonText(v, quote)))
}

// asCSV shows a reply on one line, what is nested without its structure.
func asCSV(v resp.Value) string {
	switch v.Kind {
	case resp.KindNull, resp.KindNullArray:
		return "NULL"
	case resp.KindInt:
		return strconv.FormatInt(v.Int, 10)
	case resp.KindBool:
		return strconv.FormatBool(v.Int != 0)
	case resp.KindDouble:
		return string(v.Str)
	case resp.KindError:
		return "ERROR," + csvString(v.Str)
	case resp.KindArray, resp.KindSet, resp.KindPush, resp.KindMap:
		elements := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			elements[i] = asCSV(e)
		}
		return strings.Join(elements, ",")
	}
	return csvString(v.Str)
}

func csvString(text []byte) string { return string(resp.AppendQuoted(nil, text)) }

// asRaw shows a reply as on a pipe, with a text of one's own between elements.
func asRaw(delimiter string) replyFormat {
	if delimiter == "\n" {
		return resp.Value.Raw
	}
	var show replyFormat
	show = func(v resp.Value) string {
		switch v.Kind {
		case resp.KindArray, resp.KindSet, resp.KindPush, resp.KindMap:
			elements := make([]string, len(v.Elems))
			for i, e := range v.Elems {
				elements[i] = show(e)
			}
			return strings.Join(elements, delimiter)
		}
		return v.Raw()
	}
	return show
}

// delimiterOf reads the escapes of a delimiter on the command line.
func delimiterOf(text string) string {
	words, err := resp.SplitArgs([]byte(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`))
	if err != nil || len(words) != 1 {
		return text
	}
	return string(bytes.Join(words, nil))
}
