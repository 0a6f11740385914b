package diagnosis

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of what is kept of a text: its beginning, its end, and of one line.
const (
	keptHead    = 256 << 10
	keptTail    = 256 << 10
	longestLine = 64 << 10
	// judged is how much of the beginning tells text from binary.
	judged = 8 << 10
)

// Read takes a text of any size in bounded memory. ANSI codes, TF_LOG lines and
// what CI systems put before a line are gone, -json diagnostics are written out
// as Terraform prints them for people, and of what is left the first and last
// 256 KiB are kept, with a line of three dots where something is missing. Secrets
// are still in it: show what Diagnose answers instead. Errors are ErrEmpty,
// ErrBinary, ErrOnlyLog, and the reader's own.
func Read(r io.Reader) (string, error) {
	in := bufio.NewReaderSize(r, longestLine)
	start, err := in.Peek(judged)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the error text: %w", err)
	}
	if isBinary(start) {
		return "", ErrBinary
	}
	var c cleaner
	for {
		line, err := nextLine(in)
		if line != "" {
			c.line(line)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("read the error text: %w", err)
		}
	}
	text := c.String()
	switch {
	case strings.TrimSpace(text) != "":
		return text, nil
	case c.dropped:
		return "", ErrOnlyLog
	}
	return "", ErrEmpty
}

// isBinary tells text from anything else by NUL bytes and broken UTF-8. A
// character cut off at the end of what is judged does not count.
func isBinary(start []byte) bool {
	if bytes.IndexByte(start, 0) >= 0 {
		return true
	}
	broken := 0
	for rest := start; len(rest) > utf8.UTFMax; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			broken++
		}
		rest = rest[size:]
	}
	return broken*10 > len(start)
}

// nextLine reads a line; what a line has beyond longestLine is read and dropped,
// from a white space on, so that no half of a secret escapes redaction.
func nextLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	text := string(line)
	if errors.Is(err, bufio.ErrBufferFull) {
		text = text[:strings.LastIndexAny(text, " \t")+1] + "…\n"
	}
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = in.ReadSlice('\n')
	}
	return strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "�"), err
}

// cleaner turns raw lines into the lines that matter, and keeps both ends.
type cleaner struct {
	head, tail []byte
	cut        bool
	// dropped says that there were lines of a log.
	dropped bool
	// inLog is set while the lines that follow still belong to a log entry.
	inLog bool
}

var (
	// ansiCode matches the control sequences that terminals and engines use.
	ansiCode = wording(`\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)|[@-Z\\-_])`)
	// stamp is the time that CI systems, and TF_LOG, put before a line.
	stamp = wording(`^\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?[ \t]`)
	// level is what follows the time in a line of TF_LOG.
	level = wording(`^\[(?:TRACE|DEBUG|INFO|WARN|ERROR)\]`)
	// marker is what GitHub Actions puts before a line it colours.
	marker = wording(`^(?:##\[\w+\]|::error(?: [^:]*)?::)`)
	// continued is a line of a log entry's request, response or value.
	continued = wording(`^(?:\s+\S|\s*\||-{3,}|HTTP/\d|<|[{}\[\]]|(?:GET|PUT|POST|HEAD|DELETE) \S+ HTTP|[A-Z][\w-]*: )`)
)

func (c *cleaner) line(raw string) {
	text := bare(raw)
	switch {
	case beginsWith(text, "[") && level.regexp().MatchString(text):
		c.inLog, c.dropped = true, true
	case strings.HasPrefix(strings.TrimSpace(text), `{"@level"`):
		c.inLog, c.dropped = false, true
		c.keep(fromJSON(strings.TrimSpace(text)))
	case c.inLog && !starts(text) && continued.regexp().MatchString(text):
	default:
		c.inLog = false
		c.keep(text + "\n")
	}
}

// bare takes off a line what terminals, editors and CI systems put around it.
// The cheap looks first keep a log of 100 MB from taking long.
func bare(raw string) string {
	text := strings.TrimPrefix(strings.TrimRight(raw, "\r\n"), "\ufeff")
	if strings.Contains(text, "\x1b") {
		text = ansiCode.regexp().ReplaceAllString(text, "")
	}
	for beginsWith(text, "0123456789") && stamp.regexp().MatchString(text) {
		text = stamp.regexp().ReplaceAllString(text, "")
	}
	if beginsWith(text, "#:") {
		text = marker.regexp().ReplaceAllString(text, "")
	}
	return text
}

func beginsWith(text, chars string) bool {
	return text != "" && strings.IndexByte(chars, text[0]) >= 0
}

func (c *cleaner) keep(text string) {
	if len(c.tail) == 0 && len(c.head)+len(text) <= keptHead {
		c.head = append(c.head, text...)
		return
	}
	c.tail = append(c.tail, text...)
	if len(c.tail) > 2*keptTail {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-keptTail:]...)
		c.cut = true
	}
}

// String is what was kept. Where the end was cut, it begins with a whole line.
func (c *cleaner) String() string {
	if !c.cut {
		return string(c.head) + string(c.tail)
	}
	tail := c.tail
	if i := bytes.IndexByte(tail, '\n'); i >= 0 {
		tail = tail[i+1:]
	}
	return string(c.head) + "…\n" + strings.ToValidUTF8(string(tail), "")
}
