package engine

import (
	"fmt"
	"strings"
	"unsafe"

	"perigee/engine/dict"
	"perigee/engine/listpack"
	"perigee/engine/sizeclass"
)

// debugValue replies with what there is to say of one value.
func (ks *Keyspace) debugValue(what string, args Args, w Reply) error {
	h := ks.find(args.Key(0))
	if h == nil {
		return ErrNoKey
	}
	switch what {
	case "OBJECT":
		w.Status(ks.e.describe(h))
	case "LISTPACK":
		if !strings.HasPrefix(h.encoding(), "listpack") {
			return Errf("Not a listpack encoded object.")
		}
		ks.e.log.Info("listpack", "key", string(h.keyBytes()), "elements", h.object().collection().length(), "bytes", h.object().collection().memory())
		w.Status("Listpack structure printed on stdout")
	case "QUICKLIST":
		if h.encoding() != "quicklist" {
			return Errf("Not a quicklist encoded object.")
		}
		ks.e.log.Info("quicklist", "key", string(h.keyBytes()), "shape", h.listShape())
		w.Status("Quicklist structure printed on stdout")
	case "HTSTATS-KEY":
		t := h.table()
		if t == nil {
			return Errf("The value stored at the specified key is not represented using an hash table")
		}
		w.Verbatim("txt", []byte(tableStats(t)))
	case "SDSLEN":
		if h.kind != KindString || stringEncoding(h) == "int" {
			return Errf("Not an sds encoded string.")
		}
		w.Status(h.stringSizes())
	}
	return nil
}

// describe is what DEBUG OBJECT says of an entry; the length is that of DUMP
// without type and footer.
func (e *Engine) describe(h entry) string {
	body, _ := h.appendValue(nil)
	text := fmt.Sprintf("Value at:%s refcount:%d encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		pointerOf(h), h.references(), h.encoding(), len(body)-1, h.access&(1<<24-1), e.idle(h))
	if h.kind == KindList && h.encoding() == "quicklist" {
		text += " " + h.listShape()
	}
	return text
}

// listShape tells how a list is cut into nodes.
func (h *header) listShape() string {
	v := (*listValue)(unsafe.Pointer(h))
	size := 0
	v.list.EachNode(func(pack listpack.List, element []byte) { size += len(pack) + len(element) })
	return fmt.Sprintf("ql_nodes:%d ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:0 ql_uncompressed_size:%d",
		v.list.Nodes(), float64(v.list.Len())/float64(v.list.Nodes()), v.ks.e.settings.ListMaxListpackSize, size)
}

// table is the table that a value is held in, or nil.
func (h *header) table() *dict.Table {
	switch h.kind {
	case KindHash:
		return (*hashValue)(unsafe.Pointer(h)).table
	case KindSet:
		return (*setValue)(unsafe.Pointer(h)).table
	case KindSortedSet:
		if v := (*zsetValue)(unsafe.Pointer(h)); v.index != nil {
			return v.index.members
		}
	}
	return nil
}

// tableStats describes a table.
func tableStats(t *dict.Table) string {
	const head = "Hash table 0 stats (main hash table):\n"
	if t.Len() == 0 {
		return head + "No stats available for empty dictionaries\n"
	}
	return head + fmt.Sprintf(" table size: %d\n number of elements: %d\n bytes: %d\n", t.Slots(), t.Len(), t.Bytes())
}

// stringSizes tells the lengths of a string and its key, and what they take.
func (h *header) stringSizes() string {
	value, spare, size := stringOf(h), 0, 0
	if h.isInline() {
		spare, size = int(h.spare), h.inlineBytes()
	} else {
		s := (*stringObject)(unsafe.Pointer(h))
		spare, size = cap(s.value)-len(s.value), sizeclass.Of(cap(s.value))
	}
	return fmt.Sprintf("key_sds_len:%d, key_sds_avail:0, key_zmalloc: %d, val_sds_len:%d, val_sds_avail:%d, val_zmalloc: %d",
		len(h.keyBytes()), sizeclass.Of(len(h.keyBytes())), len(value), spare, size)
}
