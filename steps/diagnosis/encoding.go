package diagnosis

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// encodings are the byte order marks of texts that are not UTF-8. The longer ones stand
// first: UTF-32's begins as UTF-16's does.
var encodings = []struct {
	mark  string
	width int
	order binary.ByteOrder
}{
	{"\xff\xfe\x00\x00", 4, binary.LittleEndian},
	{"\x00\x00\xfe\xff", 4, binary.BigEndian},
	{"\xff\xfe", 2, binary.LittleEndian}, // what Windows PowerShell 5.1 writes behind > and 2>
	{"\xfe\xff", 2, binary.BigEndian},
}

// unmarked is how much of a text without a mark is looked at, and fewest how much of it
// there must be, to read it as UTF-16.
const (
	unmarked = 256
	fewest   = 16
)

// inUTF8 is a text in UTF-8, whatever encoding its byte order mark, or its shape, names.
func inUTF8(r io.Reader) *bufio.Reader {
	in := bufio.NewReaderSize(r, readAhead)
	start, _ := in.Peek(unmarked)
	for _, e := range encodings {
		if bytes.HasPrefix(start, []byte(e.mark)) {
			_, _ = in.Discard(len(e.mark)) // they are in the buffer
			return bufio.NewReaderSize(&wide{from: in, width: e.width, order: e.order}, readAhead)
		}
	}
	if order := wideShape(start); order != nil {
		return bufio.NewReaderSize(&wide{from: in, width: 2, order: order}, readAhead)
	}
	return in
}

// wideShape tells UTF-16 without a mark, as a file cut out of another is: every second
// byte of a text in Latin letters is NUL, and most are where a box is drawn around it.
func wideShape(start []byte) binary.ByteOrder {
	if len(start) < fewest {
		return nil
	}
	var nul [2]int
	for i, b := range start {
		if b == 0 {
			nul[i%2]++
		}
	}
	switch {
	case nul[1] > len(start)/4 && nul[0] == 0:
		return binary.LittleEndian
	case nul[0] > len(start)/4 && nul[1] == 0:
		return binary.BigEndian
	}
	return nil
}

// wide reads UTF-16 or UTF-32 and gives UTF-8. What is cut off in the middle of a
// character is left out.
type wide struct {
	from  *bufio.Reader
	width int
	order binary.ByteOrder
	// high is the first half of a character outside of UTF-16's first plane; ready is what
	// could not be given yet.
	high  rune
	ready []byte
}

func (w *wide) Read(p []byte) (int, error) {
	for len(w.ready) < len(p) {
		var unit [4]byte
		if _, err := io.ReadFull(w.from, unit[:w.width]); err != nil {
			if len(w.ready) > 0 {
				break
			}
			if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
				return 0, io.EOF
			}
			return 0, fmt.Errorf("decode the error text: %w", err)
		}
		w.add(unit[:w.width])
	}
	n := copy(p, w.ready)
	w.ready = append(w.ready[:0], w.ready[n:]...)
	return n, nil
}

func (w *wide) add(unit []byte) {
	if w.width == 4 {
		w.ready = utf8.AppendRune(w.ready, rune(min(w.order.Uint32(unit), uint32(utf8.MaxRune)+1)))
		return
	}
	r := rune(w.order.Uint16(unit))
	if high := w.high; high != 0 {
		w.high = 0
		if pair := utf16.DecodeRune(high, r); pair != utf8.RuneError {
			w.ready = utf8.AppendRune(w.ready, pair)
			return
		}
	}
	if utf16.IsSurrogate(r) {
		w.high = r
		return
	}
	w.ready = utf8.AppendRune(w.ready, r)
}
