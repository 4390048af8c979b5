package config

import (
	"errors"
	"strconv"
	"strings"
)

// PrimaryAddress is replicaof: host and port, or empty for none.
type PrimaryAddress string

func (a *PrimaryAddress) parse(text string) error {
	words := strings.Fields(text)
	if len(words) == 0 || len(words) == 2 && strings.EqualFold(words[0], "no") && strings.EqualFold(words[1], "one") {
		*a = ""
		return nil
	}
	if len(words) != 2 {
		return errors.New("wrong number of arguments")
	}
	if port, err := strconv.Atoi(words[1]); err != nil || port < 0 || port > 65535 {
		return errors.New("Invalid master port")
	}
	*a = PrimaryAddress(strings.Join(words, " "))
	return nil
}

func (a *PrimaryAddress) format() string { return string(*a) }

// OOMScores is oom-score-adj-values: of the primary, of a replica, of a child.
type OOMScores [3]int

func (o *OOMScores) parse(text string) error {
	words := strings.Split(text, " ")
	if len(words) != len(o) {
		return errors.New("wrong number of arguments")
	}
	var next OOMScores
	for i, word := range words {
		n, err := strconv.Atoi(word)
		if err != nil || n < -2000 || n > 2000 {
			return errors.New("Invalid oom-score-adj-values, elements must be between -2000 and 2000.")
		}
		next[i] = n
	}
	*o = next
	return nil
}

func (o *OOMScores) format() string {
	return strconv.Itoa(o[0]) + " " + strconv.Itoa(o[1]) + " " + strconv.Itoa(o[2])
}

// SignalShutdown is shutdown-on-sigint and shutdown-on-sigterm: what SHUTDOWN
// would be told.
type SignalShutdown struct {
	Save, NoSave, Now, Force bool
}

func (s *SignalShutdown) parse(text string) error {
	words := strings.Fields(text)
	var next SignalShutdown
	known := len(words) > 0
	for _, word := range words {
		switch strings.ToLower(word) {
		case "default":
		case "save":
			next.Save = true
		case "nosave":
			next.NoSave = true
		case "now":
			next.Now = true
		case "force":
			next.Force = true
		default:
			known = false
		}
	}
	if !known {
		return errors.New("argument(s) must be one of the following: default, save, nosave, now, force")
	}
	if next.Save && next.NoSave {
		return errors.New("shutdown options SAVE and NOSAVE can't be used simultaneously")
	}
	*s = next
	return nil
}

func (s *SignalShutdown) format() string {
	var words []string
	for _, flag := range []struct {
		on   bool
		word string
	}{{s.Save, "save"}, {s.NoSave, "nosave"}, {s.Now, "now"}, {s.Force, "force"}} {
		if flag.on {
			words = append(words, flag.word)
		}
	}
	if words == nil {
		return "default"
	}
	return strings.Join(words, " ")
}

// DiskReserve is disk-reserve: a size, or 0 for auto.
type DiskReserve int64

// leastDiskReserve is what opening the storage may need.
const leastDiskReserve = 64 << 20

func (d *DiskReserve) parse(text string) error {
	if strings.EqualFold(text, "auto") {
		*d = 0
		return nil
	}
	n, err := parseBytes(text)
	if err != nil {
		return errors.New("argument must be auto or a memory value")
	}
	if n < leastDiskReserve {
		return errors.New("argument must be auto or 64mb at least")
	}
	*d = DiskReserve(n)
	return nil
}

func (d *DiskReserve) format() string {
	if *d == 0 {
		return "auto"
	}
	return formatInt(int64(*d))
}

// BytesOrPercent is a size, or a share of another: negative for percent.
type BytesOrPercent int64

func (b *BytesOrPercent) parse(text string) error {
	if digits, ok := strings.CutSuffix(text, "%"); ok {
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n < 0 || digits[0] == '+' {
			return errors.New("argument must be a memory or percent value")
		}
		if n > 100 {
			return errors.New("percentage argument must be less or equal to 100")
		}
		*b = BytesOrPercent(-n)
		return nil
	}
	n, err := parseBytes(text)
	if err != nil {
		return errors.New("argument must be a memory or percent value")
	}
	*b = BytesOrPercent(n)
	return nil
}

func (b *BytesOrPercent) format() string {
	if *b < 0 {
		return formatInt(-int64(*b)) + "%"
	}
	return formatInt(int64(*b))
}

// Of is the size in bytes, where whole is what a percentage is of.
func (b BytesOrPercent) Of(whole int64) int64 {
	if b < 0 {
		return int64(float64(whole) / 100 * float64(-b))
	}
	return int64(b)
}

// Percentiles is latency-tracking-info-percentiles: what INFO tells of each
// command's durations.
type Percentiles []float64

func (p *Percentiles) parse(text string) error {
	next := Percentiles{}
	if text == "" {
		*p = next
		return nil
	}
	for _, word := range strings.Split(text, " ") {
		f, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return errors.New("Invalid latency-tracking-info-percentiles parameters")
		}
		if !(f >= 0 && f <= 100) {
			return errors.New("latency-tracking-info-percentiles parameters should sit between [0.0,100.0]")
		}
		next = append(next, f)
	}
	*p = next
	return nil
}

func (p *Percentiles) format() string {
	var words []string
	for _, f := range *p {
		words = append(words, formatPercentile(f))
	}
	return strings.Join(words, " ")
}

// formatPercentile shows six decimals, without zeros at the end.
func formatPercentile(f float64) string {
	text := strconv.FormatFloat(f, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}
