package persist

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// newestSample is of version 1 with what was added to it since: streams and
// deadlines of hash fields.
const newestSample = "v1.1"

// TestEveryVersionIsRead recovers the sample of each version and compares it
// with the list of what it holds.
func TestEveryVersionIsRead(t *testing.T) {
	if *update {
		writeSample(t, "testdata/"+newestSample)
	}
	samples, err := filepath.Glob("testdata/v*.tar.gz")
	if err != nil || len(samples) == 0 {
		t.Fatal("no samples", err)
	}
	for _, sample := range samples {
		o := storeOptions(fastDir(t), newTightDisk())
		if err := unpack(sample, o.Dir); err != nil {
			t.Fatal(err)
		}
		s, err := Open(o)
		if err != nil {
			t.Fatal(err)
		}
		got := newModel()
		report, err := s.Recover(got, modelDatabases)
		if err != nil {
			t.Fatal(err)
		}
		if report.Keys == 0 || report.Units == 0 {
			t.Errorf("%s: %d keys from Badger, %d units from the journal", sample, report.Keys, report.Units)
		}
		want, err := os.ReadFile(strings.TrimSuffix(sample, ".tar.gz") + ".txt")
		if err != nil || got.list() != string(want) {
			t.Errorf("%s holds other data: %v\n%s", sample, err, got.list())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// list describes a model in lines.
func (m *model) list() string {
	var lines []string
	for name, v := range m.system {
		lines = append(lines, fmt.Sprintf("system %s %s", brief(name), brief(v)))
	}
	for db := range modelDatabases {
		for key, v := range m.db(db) {
			lines = append(lines, fmt.Sprintf("db%d %s %v generation %d deadline %d %s", db, brief(key), v.kind, v.gen, v.deadline, brief(v.text)))
			for name, e := range v.elems {
				lines = append(lines, fmt.Sprintf("db%d %s holds %s %s", db, brief(key), brief(name), brief(e)))
			}
			for name, at := range v.times {
				lines = append(lines, fmt.Sprintf("db%d %s holds %s until %d", db, brief(key), brief(name), at))
			}
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func brief(s string) string {
	if len(s) <= 60 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%d:%x", len(s), sha256.Sum256([]byte(s)))
}

// writeSample makes a directory of which part is in Badger and part in the
// journal.
func writeSample(t *testing.T, name string) {
	w, o := newWriter(4), storeOptions(fastDir(t), newTightDisk())
	s := reopen(t, o, w.model)
	write(s, w, 160)
	waitFor(t, "the folder", func() bool { return folded(s) })
	err := s.Close()
	o.FoldAfter = 1 << 40
	s = reopen(t, o, w.model)
	write(s, w, 30)
	if err := errors.Join(err, s.Close(), pack(o.Dir, name+".tar.gz"), os.WriteFile(name+".txt", []byte(w.list()), 0o644)); err != nil {
		t.Fatal(err)
	}
}

func pack(dir, name string) error {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		return err
	}
	if err := errors.Join(w.Close(), z.Close(), os.MkdirAll(filepath.Dir(name), 0o755)); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}

func unpack(name, dir string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if h.FileInfo().IsDir() {
			err = os.MkdirAll(path, fs.FileMode(h.Mode))
		} else {
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, b, 0o600))
			}
		}
		if err != nil {
			return err
		}
	}
}
