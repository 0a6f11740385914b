// Package filestest holds what the tests of the file editors share. It knows no
// editor, so that all of their packages can use it.
package filestest

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
)

// Put makes a file of this text and mode.
func Put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

// LostLines gives the old lines that do not come again in order, apart from
// their endings.
func LostLines(old, after []byte) [][]byte {
	is := bytes.Split(after, []byte("\n"))
	var lost [][]byte
	for _, line := range bytes.Split(old, []byte("\n")) {
		i := 0
		for i < len(is) && !bytes.Equal(bytes.TrimRight(is[i], "\r"), bytes.TrimRight(line, "\r")) {
			i++
		}
		if i == len(is) {
			lost = append(lost, line)
			continue
		}
		is = is[i+1:]
	}
	return lost
}
