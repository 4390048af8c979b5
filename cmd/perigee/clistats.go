package main

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"perigee/engine/resp"
)

// sizeCommands is what size is asked for of each type, and in what it is counted.
var sizeCommands = []struct{ kind, command, unit string }{
	{"string", "STRLEN", "bytes"}, {"list", "LLEN", "items"}, {"set", "SCARD", "members"},
	{"hash", "HLEN", "fields"}, {"zset", "ZCARD", "members"}, {"stream", "XLEN", "entries"},
}

// A sizes is what is known of the keys of one type.
type sizes struct {
	keys, total, largest int64
	key                  []byte // the largest
}

// bigKeys looks for the largest keys of each type: by their elements, or by
// their memory.
func (s *session) bigKeys(o cliOptions, byMemory bool) error {
	found := map[string]*sizes{}
	var all, names int64
	err := s.eachKeys(o, func(keys []resp.Value) error {
		kinds, err := s.pipelined(keys, func(int) []string { return []string{"TYPE"} })
		if err != nil {
			return err
		}
		measured, err := s.pipelined(keys, func(i int) []string { return sizeCommand(string(kinds[i].Str), byMemory) })
		if err != nil {
			return err
		}
		for i, size := range measured {
			kind := string(kinds[i].Str)
			if size.Kind != resp.KindInt || kind == "none" {
				continue // it has gone meanwhile, or has no size
			}
			all++
			names += int64(len(keys[i].Str))
			s.measure(found, kind, keys[i].Str, size.Int, byMemory)
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.summary(found, all, names, byMemory)
	return nil
}

// sizeCommand is what asks for the size of a key of a kind.
func sizeCommand(kind string, byMemory bool) []string {
	if byMemory {
		return []string{"MEMORY", "USAGE"}
	}
	for _, c := range sizeCommands {
		if c.kind == kind {
			return []string{c.command}
		}
	}
	return []string{"TYPE"} // whose reply is no size
}

// pipelined sends a command for each key and returns the replies.
func (s *session) pipelined(keys []resp.Value, command func(i int) []string) ([]resp.Value, error) {
	for i, key := range keys {
		s.conn.Send(append(command(i), string(key.Str))...)
	}
	replies := make([]resp.Value, len(keys))
	for i := range replies {
		var err error
		if replies[i], err = s.conn.Receive(); err != nil {
			return nil, err
		}
	}
	return replies, nil
}

// measure counts a key, and shows it if it is larger than those before.
func (s *session) measure(found map[string]*sizes, kind string, key []byte, size int64, byMemory bool) {
	of := found[kind]
	if of == nil {
		of = &sizes{largest: -1}
		found[kind] = of
	}
	of.keys++
	of.total += size
	if size > of.largest {
		of.largest, of.key = size, key
		fmt.Fprintf(s.out, "Biggest %-6s found so far %s with %d %s\n", kind, resp.AppendQuoted(nil, key), size, sizeUnit(kind, byMemory))
	}
}

func sizeUnit(kind string, byMemory bool) string {
	for _, c := range sizeCommands {
		if c.kind == kind && !byMemory {
			return c.unit
		}
	}
	return "bytes"
}

func (s *session) summary(found map[string]*sizes, all, names int64, byMemory bool) {
	fmt.Fprintf(s.out, "\n-------- summary -------\n\nSampled %d keys in the keyspace!\n", all)
	if all == 0 {
		return
	}
	fmt.Fprintf(s.out, "Total key length in bytes is %d (avg len %.2f)\n\n", names, float64(names)/float64(all))
	var kinds []string
	for kind := range found {
		kinds = append(kinds, kind)
	}
	sort.Strings(kinds)
	for _, kind := range kinds {
		of := found[kind]
		fmt.Fprintf(s.out, "Biggest %6s found %s has %d %s\n", kind, resp.AppendQuoted(nil, of.key), of.largest, sizeUnit(kind, byMemory))
	}
	fmt.Fprintln(s.out)
	for _, kind := range kinds {
		of := found[kind]
		fmt.Fprintf(s.out, "%d %ss with %d %s (%05.2f%% of keys, avg size %.2f)\n", of.keys, kind, of.total, sizeUnit(kind, byMemory),
			100*float64(of.keys)/float64(all), float64(of.total)/float64(of.keys))
	}
}

// statEvery is how many rows of --stat stand below one head.
const statEvery = 20

// stat shows a row of figures about the server in each round.
func (s *session) stat(o cliOptions) error {
	if err := s.connect(); err != nil {
		return err
	}
	before := int64(0)
	for i := int64(0); o.repeat < 0 || i < o.repeat; i++ {
		if i > 0 && !o.pause(s.ctx) {
			return nil
		}
		reply, err := s.conn.Do("INFO")
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			return err
		}
		info := infoFields(string(reply.Str))
		if i%statEvery == 0 {
			fmt.Fprintf(s.out, "------- data ------ --------------------- load --------------------\nkeys       mem      clients blocked requests            connections\n")
		}
		requests := infoNumber(info["total_commands_processed"])
		done := fmt.Sprintf("%d (+%d)", requests, max(requests-before, 0))
		if i == 0 {
			done = fmt.Sprintf("%d (+0)", requests)
		}
		before = requests
		fmt.Fprintf(s.out, "%-10d %-8s %-7s %-7s %-19s %s\n", infoKeys(info), info["used_memory_human"], info["connected_clients"],
			info["blocked_clients"], done, info["total_connections_received"])
	}
	return nil
}

// infoFields is the fields of INFO's text.
func infoFields(text string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields
}

func infoNumber(text string) int64 {
	var n int64
	_, _ = fmt.Sscanf(text, "%d", &n) // 0 for what is no number
	return n
}

// infoKeys adds up the keys of all databases.
func infoKeys(info map[string]string) int64 {
	total := int64(0)
	for name, value := range info {
		if strings.HasPrefix(name, "db") {
			total += infoNumber(strings.TrimPrefix(value, "keys="))
		}
	}
	return total
}

// latency measures how long PING takes: on a terminal until the user
// interrupts it, showing the figures as they come; otherwise for a second, or
// the interval, and then shows them once: least, most, average, rounds.
func (s *session) latency(o cliOptions) error {
	if err := s.connect(); err != nil {
		return err
	}
	length := time.Duration(o.interval * float64(time.Second))
	if length <= 0 {
		length = time.Second
	}
	var rounds, least, most, sum int64
	shown := "%d %d %.2f %d\n"
	if !s.raw {
		shown = "\rmin: %d, max: %d, avg: %.2f (%d samples)"
	}
	for began := time.Now(); s.ctx.Err() == nil; {
		start := time.Now()
		reply, err := s.conn.Do("PING")
		if err == nil {
			err = reply.Err()
		}
		if err != nil {
			return err
		}
		took := time.Since(start).Milliseconds()
		if rounds == 0 || took < least {
			least = took
		}
		most, sum, rounds = max(most, took), sum+took, rounds+1
		over := time.Since(began) >= length
		if !s.raw || over || s.ctx.Err() != nil {
			fmt.Fprintf(s.out, shown, least, most, float64(sum)/float64(rounds), rounds)
		}
		if s.raw && over {
			return nil
		}
		if !(cliOptions{interval: 0.01}).pause(s.ctx) {
			break
		}
	}
	fmt.Fprintln(s.out)
	return nil
}
