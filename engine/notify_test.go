package engine

import "testing"

// TestEventsFollowTheSettings has one deletion told on both channels, on one,
// and on none.
func TestEventsFollowTheSettings(t *testing.T) {
	te := newTestEngine(t)
	subscriber := te.connect(t)
	te.on(subscriber, "PSUBSCRIBE __key*")
	space := "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$16\r\n__keyspace@0__:a\r\n$3\r\ndel\r\n"
	event := "*4\r\n$8\r\npmessage\r\n$6\r\n__key*\r\n$18\r\n__keyevent@0__:del\r\n$1\r\na\r\n"
	for _, test := range []struct{ letters, want string }{
		{"", ""}, {"KE", ""}, {"g", ""}, {"Kg", space}, {"Eg", event}, {"KEA", space + event}, {"KEl", ""},
	} {
		te.Settings().Events = 0
		te.do("SET a 1")
		te.Settings().Events = ParseEvents(test.letters)
		te.do("DEL a")
		if got := take(subscriber); got != test.want {
			t.Errorf("notify-keyspace-events %q: got %q, want %q", test.letters, got, test.want)
		}
	}
}
